"""Serves the bare page as Caravan is served, on PORT: `python -m bench.bare`."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


@asynccontextmanager
async def life(_: st.App) -> AsyncIterator[None]:
    gc.collect()
    gc.freeze()
    yield


def health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ready")


if __name__ == "__main__":
    app = st.App(str(Path(__file__).with_name("bare_page.py")), routes=[Route("/healthz", health)], lifespan=life)
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False, ws_per_message_deflate=False)
