"""Asking the catalogues again about codes, when a person wants to know now."""

from collections.abc import Sequence

from db.session import Actor, reading
from lib import sync
from lib.channels import ChannelError
from lib.codes import catalogue
from lib.counted import counted
from lib.jobs import Progress, job
from lib.problems import Refused


@job("catalogue")
def check_codes(actor: Actor, arguments: dict[str, list[str]], progress: Progress) -> str:
    """Ask the catalogues again about the codes in `codes`, in the stores that they matter to."""
    with reading() as session:
        asked = catalogue.asked_of(session, arguments["codes"])
    questions = [(account, some) for account in sync.accounts(asked) for some in catalogue.lots(asked[account.id])]
    if not questions:
        raise Refused(
            "There is no code among these, or no store, that a marketplace could be asked about. Nothing was asked."
        )
    return sync.in_turn(lambda: _ask_each(questions, progress))


def _ask_each(questions: Sequence[tuple[sync.Account, Sequence[str]]], progress: Progress) -> str:
    count, failed = 0, dict[str, ChannelError]()
    for place, (account, codes) in enumerate(questions):
        progress(place, len(questions), f"Asking {account.name}.")
        answered, trouble = sync.ask_catalogue(account, codes)
        count += answered
        failed |= {account.name: trouble} if trouble else {}
    said = " ".join(f"{name}: {trouble}" for name, trouble in failed.items())
    if not count:
        raise Refused(said)
    return f"{counted(count, 'answer')} about codes. {said}".rstrip()
