"""Image Sync: which products tonight's run would look at and why, what the last runs did, and publishing a picture by hand."""

import streamlit as st

from lib import nightly_runs
from lib.products import images
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.jobs import jobs_panel
from lib.words import LibraryState, SalesStatus

page.open(
    "Image Sync", note="Pictures that lie as SKU.jpg, .png or .webp in the folder incoming are taken in every night."
)

COLUMNS = [
    c.picture("picture"),
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("reasons", "Why", locked=True, help="A no picture · B published in 7 days · C ordered in 90 days"),
    c.text("skipped", "Left out because", locked=True),
    c.text("incoming", "Picture that waits", locked=True),
    c.text("title_zh", "中文名称", locked=True, width=200),
    c.text("title_en", "Title", locked=True, width=200),
    c.choice("sales_status", "Sales status", SalesStatus, locked=True),
    c.choice("state", "Library", LibraryState, locked=True),
    c.moment("picture_changed_at", "Picture changed"),
    c.moment("last_order_at", "Last order"),
    c.moment("created_at", "Created"),
]


@st.dialog("SKU image publishing")
def publish(number: int) -> None:
    given = st.file_uploader("Picture", ["jpg", "jpeg", "png", "webp"], key=f"picture{number}", max_upload_size=20)
    if given is not None:
        st.image(given, width=200)
    if page.button("Publish", needs=Right.IMAGES, primary=True, disabled=given is None) and given is not None:
        page.perform(images.publish, number, given.name, given.getvalue())


with page.filters():
    wanted = images.Filter(
        text=page.search("i_text", "SKU"),
        rules=page.choose("i_why", "Why", images.Rule),
        with_skipped=not page.toggle("i_due", "Only what is due", help="Without deleted and stopped products"),
    )
view = grid.show("images", images.table, images.count, wanted, COLUMNS, sorts=images.SORTS)
with st.container(horizontal=True):
    if page.button(
        "Publish a picture", needs=Right.IMAGES, icon=":material/add_photo_alternate:", disabled=len(view.picked) != 1
    ):
        publish(view.picked[0])
    if page.button("Run now", needs=Right.IMAGES, icon=":material/play_arrow:"):
        page.perform(nightly_runs.start)
    if page.button(
        "Dry run", needs=Right.IMAGES, icon=":material/science:", help="Says what would be done, changes nothing"
    ):
        page.perform(nightly_runs.start, is_dry=True)
jobs_panel("images")

st.subheader("Last runs", anchor=False)
runs = page.read(nightly_runs.lately)
if not runs:
    st.caption("None yet. The nightly job runs at 2 in the morning.")
for run in runs:
    state = {True: "went well", False: "had trouble", None: "is running or was cut off"}[run.succeeded]
    with st.expander(page.plain(f"{run.started_at:%Y-%m-%d %H:%M} UTC, {run.actor}: {state}")):
        st.text("\n".join(run.lines))
        st.dataframe(page.read(images.items, run.id), hide_index=True)
