"""People come in, forget their password and leave, in real browsers: Alice lets in, Charlie is told who may, a stolen window is shut."""

import re

from playwright.sync_api import expect

from tests.browser.screen import said, settled
from tests.browser.served import sign_in

PASSWORD, SECOND = "Camel-2026!x", "Desert-2026!y"


def register(page, app):
    page.goto(app.url)
    page.get_by_role("radio", name="Register").or_(page.get_by_role("button", name="Register")).first.click()
    settled(page)
    page.get_by_label("Name", exact=True).fill("charlie")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Register").click()
    settled(page)


def test_somebody_registers_waits_is_let_in_and_may_only_what_the_role_may(visitor, app):
    charlie, alice = visitor(), visitor()
    register(charlie, app)
    expect(charlie.get_by_test_id("stAlert").first).to_be_visible()
    charlie.reload()
    charlie.get_by_label("Name or e-mail").fill("charlie")
    charlie.get_by_label("Password", exact=True).fill(PASSWORD)
    charlie.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Sign in").click()
    settled(charlie)
    expect(charlie.get_by_role("button", name="Sign out", exact=True)).to_have_count(0)
    sign_in(alice, app, path="/accounts")
    alice.get_by_role("button", name="Let in").click()
    said(alice, re.compile("charlie may sign in now, as Viewer"))
    sign_in(charlie, app, "charlie", PASSWORD, path="/products")
    expect(charlie.get_by_text("You can look; Lister or Admin may change this.")).to_be_visible()
    expect(charlie.get_by_role("button", name=re.compile("^Save"))).to_have_count(0)
    charlie.goto(app.url + "/accounts")
    expect(charlie.get_by_text("Accounts is for the role Admin; yours is Viewer.")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_a_code_from_an_admin_and_other_windows_end(visitor, app):
    charlie, elsewhere, alice = visitor(), visitor(), visitor()
    sign_in(elsewhere, app, "charlie", PASSWORD, path="/orders")
    charlie.goto(app.url)
    charlie.get_by_role("radio", name="Forgot password").or_(
        charlie.get_by_role("button", name="Forgot password")
    ).first.click()
    settled(charlie)
    charlie.get_by_label("Name or e-mail", exact=True).first.fill("charlie")
    charlie.get_by_role("button", name="Ask for a one-time code").click()
    settled(charlie)
    sign_in(alice, app, path="/accounts")
    alice.get_by_role("button", name="Make a one-time code").click()
    alice.get_by_role("button", name="Make the code").click()
    code = alice.get_by_role("dialog").get_by_test_id("stCode").inner_text().strip()
    charlie.get_by_label("One-time code").fill(code)
    charlie.get_by_label("Your name or e-mail").fill("charlie")
    charlie.get_by_label("New password", exact=True).fill(SECOND)
    charlie.get_by_label("The same again").fill(SECOND)
    charlie.get_by_role("button", name="Set the new password").click()
    settled(charlie)
    elsewhere.get_by_role("button", name="Refresh").click()
    expect(elsewhere.get_by_label("Name or e-mail")).to_be_visible()
    sign_in(charlie, app, "charlie", SECOND)


def test_sign_out_everywhere_ends_the_other_window_at_its_next_click(visitor, app):
    here, there = visitor(), visitor()
    sign_in(here, app, "charlie", SECOND, path="/login")
    sign_in(there, app, "charlie", SECOND, path="/orders")
    here.get_by_role("button", name="Sign out everywhere").click()
    expect(here.get_by_label("Name or e-mail")).to_be_visible()
    there.get_by_role("button", name="Refresh").click()
    expect(there.get_by_label("Name or e-mail")).to_be_visible()
