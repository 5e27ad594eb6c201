"""Import orders: Amazon's reports, or any table of orders. See first what it would do, then let it be done, all of it or nothing."""

from lib.counted import counted
from lib.orders import order_uploads
from lib.rights import Right
from lib.ui import jobs, page
from lib.ui.orders import order_importing

page.open(
    "Import orders",
    Right.ORDERS,
    note="Orders are known by their number. Nothing is saved before you have seen what would change. Buyers are sealed.",
)

is_busy = jobs.jobs_panel(order_uploads.JOB)

file = order_importing.upload()
choice = order_importing.choose(file) if file else None
found = order_importing.preview(file, choice) if file and choice and not is_busy else None

if file and choice and found:
    label = f"Import {counted(found.size, 'order')}" if found.size else "0 changes"
    if page.button(label, needs=Right.ORDERS, primary=True, disabled=not found.size, icon=":material/upload:"):
        command = order_uploads.start if found.is_job else order_uploads.bring_in
        page.perform(command, file.name, file.content, choice, found.mark)
    order_importing.show(file, choice, found)
