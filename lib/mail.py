"""Mail, where a server for it is set up (CARAVAN_SMTP=smtp://user:password@host:port, or smtps://)."""

import logging
import smtplib
import threading
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from lib import settings

log = logging.getLogger(__name__)
SECONDS = 20


def is_set_up() -> bool:
    return settings.mail_server() is not None


def send_soon(to: str, subject: str, text: str) -> None:
    """Send it without letting anybody wait, or learn from the waiting that there is somebody to write to."""
    threading.Thread(target=_try_to_send, args=(to, subject, text), name="mail", daemon=True).start()


def _try_to_send(to: str, subject: str, text: str) -> None:
    try:
        send(to, subject, text)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.error("A mail could not be sent (%s). Check CARAVAN_SMTP.", type(error).__name__)


def send(to: str, subject: str, text: str) -> None:
    """Send one mail now. Raises OSError, SMTPException or ValueError."""
    server = urlsplit(settings.mail_server() or "")
    letter = EmailMessage()
    letter["To"], letter["Subject"] = to, subject
    letter["From"] = (
        unquote(server.username or "") if "@" in unquote(server.username or "") else _sender(server.hostname)
    )
    letter.set_content(text)
    secure = server.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with kind(server.hostname or "", server.port or (465 if secure else 25), timeout=SECONDS) as post:
        post.ehlo()
        if not secure and post.has_extn("starttls"):
            post.starttls()
        if server.username:
            post.login(unquote(server.username), unquote(server.password or ""))
        post.send_message(letter)


def _sender(host: str | None) -> str:
    return f"caravan@{host or 'localhost'}"
