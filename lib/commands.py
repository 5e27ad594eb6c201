"""What a command is: a function that checks who asks, writes in one transaction, and returns the sentence they will read.

@command(Right.PRODUCTS)
def save(session, changes) -> str: ...

perform(actor, products.save, changes)        opens the transaction, runs it, and keeps the sentence with the change set
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, cast

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from db import history
from db.session import Actor, transaction
from db.storable import Unstorable
from lib import constraints, rights
from lib.problems import Problem, Refused
from lib.rights import Right

P = ParamSpec("P")
_STRANGE = "A value is too long or too large, or has a character that cannot be stored. Nothing was saved."
COMMANDS: dict[str, "Command"] = {}
"""Every command by its name, for the history (who may undo it) and for the test that walks them all."""


class Command(Protocol):
    right: Right
    command: str

    def __call__(self, session: Session, /, *args: Any, **kwargs: Any) -> str: ...


def command(right: Right) -> Callable[[Callable[Concatenate[Session, P], str]], Callable[Concatenate[Session, P], str]]:
    """Make a function a command that only people with this right may run."""

    def decorate(function: Callable[Concatenate[Session, P], str]) -> Callable[Concatenate[Session, P], str]:
        @wraps(function)
        def checked(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> str:
            rights.require(session.info["actor"], right)
            return function(session, *args, **kwargs)

        made = cast(Command, checked)
        made.right = right
        made.command = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        COMMANDS[made.command] = made
        return checked

    return decorate


def perform(actor: Actor, function: Callable[..., str], *args: Any, reason: str = "", **kwargs: Any) -> str:
    """Run a command in a transaction of its own. Returns its sentence; raises Refused with nothing saved."""
    name = cast(Command, function).command
    try:
        with transaction(actor, name, reason) as session:
            said = function(session, *args, **kwargs)
            history.say(session, said)
    except IntegrityError as error:
        if text := constraints.sentence(error):
            raise Refused(text) from error
        raise
    except Unstorable as error:
        raise Refused(Problem(f"{error.why}. Nothing was saved.", error.row, error.field)) from error
    except (DataError, UnicodeEncodeError, OverflowError) as error:  # met while looking something up
        raise Refused(_STRANGE) from error
    return said
