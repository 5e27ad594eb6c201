"""A browser's half of Streamlit's protocol, as far as pressing a button needs it: connects, reruns, reads what was drawn."""

import time
from typing import Any

import pyarrow as pa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

SECONDS = 120


class Client:
    """One browser tab on one page; `query` is what stands in the address after the question mark."""

    def __init__(self, url: str, page: str = "", query: str = "", cookie: str = ""):
        headers = {"Cookie": cookie} if cookie else {}
        self.page, self.query, self.script = page, query, ""
        self.drawn: list[Any] = []
        self.known: dict[str, ForwardMsg] = {}
        self.wire = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=["streamlit"], additional_headers=headers,
            max_size=None, compression=None, ping_interval=None,
        )  # fmt: skip
        self.rerun()

    def close(self) -> None:
        self.wire.close()

    def rerun(self, press: str = "") -> float:
        """Run the page once more, with the button of this key pressed; milliseconds until the script has finished."""
        said = BackMsg()
        said.rerun_script.query_string = self.query
        said.rerun_script.page_script_hash = self.script
        said.rerun_script.page_name = self.page
        if press:
            state = said.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = self._widget(press), True
        start = time.perf_counter()
        self.wire.send(said.SerializeToString())
        self._listen()
        spent = (time.perf_counter() - start) * 1000
        if errors := [f"{one.type}: {one.message}" for kind, one in self.drawn if kind == "exception"]:
            raise RuntimeError(f"The page failed: {errors[0]}")
        return spent

    def ids(self) -> list[int]:
        """The rows of the table on the page."""
        table = next((one for kind, one in self.drawn if kind == "dataframe"), None)
        return pa.ipc.open_stream(table.arrow_data.data).read_all().column("id").to_pylist() if table else []

    def _widget(self, key: str) -> str:
        return next(one.id for _, one in self.drawn if getattr(one, "id", "").endswith(f"-{key}"))

    def _listen(self) -> None:
        self.drawn = []
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.wire.recv(SECONDS))
            if message.WhichOneof("type") == "ref_hash":  # the same as it was drawn before
                message = self.known[message.ref_hash]
            elif message.hash:
                self.known[message.hash] = message
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.drawn, self.script = [], message.new_session.page_script_hash or self.script
            elif kind == "navigation":
                self.script = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                self.drawn.append((element.WhichOneof("type"), getattr(element, element.WhichOneof("type"))))
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return
