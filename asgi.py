"""Caravan as uvicorn serves it (`make run`): Streamlit's screens with our own routes for health, the cookie and pictures."""

import gc
import importlib
import json
import logging
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager

from db.session import reading
from lib import log, outages, settings
from lib.people import passwords, sign_in
from lib.people.sign_in import COOKIE
from lib.problems import Refused

# Streamlit would otherwise serve pages/ by itself until somebody has opened Home.py: past the sign-in.
PagesManager.uses_pages_directory = False
sign_in.gives_cookies = True
# A file of orders names buyers: while it comes in it stays in memory, where Streamlit keeps it anyway, and never in a temporary file.
MultiPartParser.spool_max_size = 0

WARM = ("pandas", "plotly.graph_objects", "streamlit_authenticator")
MOST_BYTES = 1_000
PICTURE = re.compile(r"[0-9a-f]{64}\.(webp|jpg|png)")
FOR_EVER = "private, max-age=31536000, immutable"
INDEX = Path(st.__file__).parent / "static" / "index.html"
INSIDE = ("/_stcore/metrics", "/_stcore/agent")
"""What Streamlit tells machines about itself. Nobody here asks."""


def own_scripts(page: str) -> str:
    """The short scripts that stand in Streamlit's own page, by their hashes; a script that slips in has none of these."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Streamlit builds styles and component scripts in the browser; nothing comes from or goes to another host.
    "Content-Security-Policy": (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' blob: {own_scripts(INDEX.read_text(encoding='utf-8'))}; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
        "frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
}


# Routes


def health(_: Request) -> JSONResponse:
    """200 when people can work."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except Exception as error:
        logging.getLogger("caravan").warning("not healthy: %s", outages.sentence(error) or type(error).__name__)
        return JSONResponse({"ready": False}, 503)
    return JSONResponse({"ready": True})


async def give_cookie(request: Request) -> Response:
    """Exchange a one-time ticket for the cookie that a sign-in lives in."""
    if not _from_our_own_page(request):
        return Response(status_code=403)
    agent = request.headers.get("user-agent", "")
    token = await run_in_threadpool(sign_in.give_cookie, await _ticket(request), agent)
    if token is None:
        return Response(status_code=410)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE, token, max_age=sign_in.DAYS * 86_400, path="/", httponly=True, samesite="lax", secure=_is_https(request)
    )
    return answer


async def drop_cookie(request: Request) -> Response:
    """Sign this browser out."""
    if not _from_our_own_page(request):
        return Response(status_code=403)
    if token := request.cookies.get(COOKIE):
        await run_in_threadpool(sign_in.leave, token)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=_is_https(request))
    return answer


def _from_our_own_page(request: Request) -> bool:
    """A browser always says from whose page a POST comes; another page must not sign anybody in or out."""
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


def _is_https(request: Request) -> bool:
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))


async def _ticket(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return ""
    try:
        ticket = json.loads(body)["ticket"]
    except (ValueError, KeyError, TypeError):
        return ""
    return ticket if isinstance(ticket, str) else ""


def picture(request: Request) -> Response:
    """A picture, for people who are signed in. Its name is the hash of its content, so it never changes."""
    name = request.path_params["name"]
    file = settings.pictures() / name
    with reading() as session:
        person = sign_in.person(session, request.cookies.get(COOKIE, ""))
    if person is None or person.must_change:
        return Response(status_code=403)
    if not PICTURE.fullmatch(name) or not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, headers={"Cache-Control": FOR_EVER})


class Guard:
    """Adds the security headers to every answer and closes Streamlit's inner doors."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"].rstrip("/").startswith(INSIDE):
            return await Response(status_code=404)(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


# Errors


def say_what_failed(error: Exception) -> bool:
    """A sentence for the person and an id to name it by; the details go to the log and nowhere else."""
    if sentence := outages.sentence(error):
        logging.getLogger("caravan").warning("%s", sentence)
        st.error(sentence, icon=":material/cloud_off:")
        return True
    if isinstance(error, Refused):
        st.error(str(error), icon=":material/block:")
        return True
    number = secrets.token_hex(4)
    log.keep(number, error)
    st.error(
        f"Something went wrong on our side (error {number}). What you did last may not be saved; look before you "
        "repeat it.",
        icon=":material/error:",
    )
    st.link_button("Contact us", f"/support?error={number}", icon=":material/support_agent:")
    return True


@asynccontextmanager
async def life(_: st.App) -> AsyncIterator[None]:
    """Load once what every session needs, and keep the garbage collector away from it."""
    logging.disable(
        logging.WARNING
    )  # the authenticator's forms look for a page when they are loaded; there is none yet
    for module in WARM:
        importlib.import_module(module)
    logging.disable(logging.NOTSET)
    log.start()
    passwords.prepare()
    gc.collect()
    gc.freeze()
    yield


app = st.App(
    "Home.py",
    routes=[
        Route("/healthz", health),
        Route("/auth/cookie", give_cookie, methods=["POST"]),
        Route("/auth/drop", drop_cookie, methods=["POST"]),
        Route("/pictures/{name}", picture),
    ],
    middleware=[Middleware(Guard)],
    lifespan=life,
    on_script_error=say_what_failed,
)
