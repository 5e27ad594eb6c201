"""Import: products from a file. See first what it would do, then let it be done, all of it or nothing."""

from lib.counted import counted
from lib.products import import_files
from lib.rights import Right
from lib.ui import importing, jobs, page

page.open(
    "Import",
    Right.PRODUCTS,
    note="Products are known by their SKU. Nothing is saved before you have seen what would change.",
)

is_busy = jobs.jobs_panel("import")

file = importing.upload()
choice = importing.choose(file) if file else None
found = importing.preview(file, choice) if file and choice and not is_busy else None

if file and choice and found:
    label = f"Import {counted(found.size, 'product')}" if found.size else "0 changes"
    if page.button(label, needs=Right.PRODUCTS, primary=True, disabled=not found.size, icon=":material/upload:"):
        command = import_files.start if found.is_job else import_files.bring_in
        page.perform(command, file.name, file.content, choice, found.mark)
    importing.show(file, choice, found)
