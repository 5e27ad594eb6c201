"""Mail: to the server that is set up, sealed where the server can, and never in anybody's way."""

import smtplib

import pytest

from lib import mail


@pytest.fixture
def post(monkeypatch):
    """What reached the server, instead of one."""
    seen: list[tuple] = []

    class Server:
        offers_tls = True

        def __init__(self, host, port, timeout):
            seen.append(("connect", type(self).__name__, host, port))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            seen.append(("bye",))

        def ehlo(self): ...

        def has_extn(self, name):
            return self.offers_tls

        def starttls(self):
            seen.append(("starttls",))

        def login(self, user, password):
            seen.append(("login", user, password))

        def send_message(self, letter):
            seen.append(("letter", letter["From"], letter["To"], letter["Subject"], letter.get_content()))

    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr(smtplib, "SMTP_SSL", type("Sealed", (Server,), {}))
    return seen


def test_a_plain_server_is_asked_to_seal_before_the_password_goes(post, monkeypatch):
    monkeypatch.setenv("CARAVAN_SMTP", "smtp://us%40example.com:p%40ss@mail.example.com:587")
    mail.send("c@example.com", "Code", "密 code\n")
    assert post == [
        ("connect", "Server", "mail.example.com", 587),
        ("starttls",),
        ("login", "us@example.com", "p@ss"),
        ("letter", "us@example.com", "c@example.com", "Code", "密 code\n"),
        ("bye",),
    ]


def test_a_sealed_server_and_the_usual_ports(post, monkeypatch):
    monkeypatch.setenv("CARAVAN_SMTP", "smtps://mail.example.com")
    mail.send("c@example.com", "Code", "code\n")
    assert post[0] == ("connect", "Sealed", "mail.example.com", 465)
    assert post[1][:2] == ("letter", "caravan@mail.example.com")


def test_an_address_with_a_line_break_sends_nothing(post, monkeypatch):
    monkeypatch.setenv("CARAVAN_SMTP", "smtp://mail.example.com")
    with pytest.raises(ValueError, match="Header values"):
        mail.send("c@example.com\nBcc: all@example.com", "Code", "code\n")
    assert post == []


def test_a_server_that_does_not_answer_is_nobody_elses_trouble(monkeypatch, caplog):
    monkeypatch.setenv("CARAVAN_SMTP", "smtp://127.0.0.1:1")
    mail._try_to_send("c@example.com", "Code", "secret-code\n")
    assert "A mail could not be sent (ConnectionRefusedError). Check CARAVAN_SMTP." in caplog.text
    assert "secret-code" not in caplog.text
