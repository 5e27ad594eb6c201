"""What stands in the way when the database or the disk fails, in a sentence for the person at the screen or terminal.

`sentence(error)` knows the failures that no program can mend and a person can: a full or read-only disk, a server that
is not there, a wrong address. It answers None for everything else: that is a mistake of ours.
"""

import errno
import sqlite3

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from db.session import DatabaseGone
from db.upgrade import MadeByANewerCaravan

_DISK_FULL = "The disk is full. Nothing was saved. Free some space and try again."
_READ_ONLY = (
    "The disk or the folder of the database can only be read. Nothing was saved. Make it writable and try again."
)
_NO_FOLDER = "The database file cannot be opened: its folder is missing or may not be entered. Check CARAVAN_DATA."
_NOT_OURS = "The file is no database or is damaged. Nothing was changed. Put a backup back: make restore FROM=file."
_BUSY = "The database is busy with somebody else's long change. Nothing was saved. Try again in a moment."
_ADDRESS = (
    "DATABASE_URL is not an address of a database that Caravan knows. Leave it away for a file in CARAVAN_DATA, "
    "or write postgresql+psycopg://user:password@host/name."
)

# The first words of SQLite's own names for its errors (https://www.sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_FULL": _DISK_FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CANTOPEN": _NO_FOLDER,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_NOTADB": _NOT_OURS,
    "SQLITE_CORRUPT": _NOT_OURS,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_IOERR": "The disk gave an error while the database was read or written. Nothing was saved. Check the disk.",
}

# PostgreSQL's numbers for its errors (appendix A of its manual).
_POSTGRESQL = {
    "53100": "The disk of the database server is full. Nothing was saved. Free some space there and try again.",
    "53300": "The database server has no free connection. Nothing was saved. Try again in a moment.",
    "25006": "The database server only lets us read. Nothing was saved. Ask who keeps it.",
    "28P01": "The database server refuses the user or the password of DATABASE_URL.",
    "28000": "The database server refuses the user or the password of DATABASE_URL.",
    "3D000": "The database named in DATABASE_URL does not exist on that server. Create it, empty, and start again.",
    "42501": "The user of DATABASE_URL may not create or change tables there. Give it that right and start again.",
    "55P03": _BUSY,
    "40P01": _BUSY,
    "40001": _BUSY,
    "57014": "The database took too long and was told to stop. Nothing was saved. Try a narrower filter.",
    "57P01": "The database server is stopping. Nothing was saved. Try again in a minute.",
    "57P03": "The database server is still starting. Try again in a minute.",
}
_NO_SERVER = (
    "The database server of DATABASE_URL does not answer, or does not let us in. Nothing was saved. "
    "Is it running, and are the address, the user and the password right?"
)
# While connecting the driver hands on what the server says, without its number.
_WHILE_CONNECTING = {
    "password authentication failed": "28P01",
    'role "': "28P01",
    "does not exist": "3D000",
    "too many clients": "53300",
    "starting up": "57P03",
    "shutting down": "57P01",
}
_DRIVERS = {"psycopg2", "asyncpg", "pg8000", "oracledb", "cx_Oracle", "MySQLdb", "pymysql", "pyodbc"}

_FORBIDDEN = "{file} may not be written by this user. Choose another folder (CARAVAN_DATA=folder) or give the right."
_FILES = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.ENOENT: "{file} cannot be made where it should be. Choose another folder: CARAVAN_DATA=folder.",
    errno.EROFS: "{file} is on a disk that can only be read. Choose another folder: CARAVAN_DATA=folder.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOTDIR: "{file} cannot be a folder: a file has that name. Choose another: CARAVAN_DATA=folder.",
    errno.EEXIST: "{file} cannot be a folder: a file has that name. Choose another: CARAVAN_DATA=folder.",
    errno.ENAMETOOLONG: "The name {file} is too long for this disk. Choose a shorter one: CARAVAN_DATA=folder.",
}


def sentence(error: BaseException) -> str | None:
    """What failed, what was not changed and what to do; None when this is no outage but a mistake of ours."""
    if isinstance(error, DBAPIError):
        return _of_the_driver(error.orig)
    if isinstance(error, sqlite3.Error) or hasattr(error, "sqlstate"):
        return _of_the_driver(error)
    if isinstance(error, NoFreeConnection):
        return _POSTGRESQL["53300"]
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return _ADDRESS
    if isinstance(error, ModuleNotFoundError) and error.name in _DRIVERS:
        return _ADDRESS
    if isinstance(error, DatabaseGone):
        return (
            f"The database file {error} is gone. Nothing was saved. Put it back, or a backup: make restore FROM=file."
        )
    if isinstance(error, MadeByANewerCaravan):
        return (
            "The database was made by a newer Caravan. Nothing was changed. Start the newer one, or restore a backup."
        )
    if isinstance(error, OSError) and error.errno in _FILES:
        return _FILES[error.errno].format(file=error.filename or "The file")
    return None


def _of_the_driver(error: BaseException | None) -> str | None:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        return next((text for start, text in _SQLITE.items() if name.startswith(start)), None)
    state = getattr(error, "sqlstate", None)
    if state in _POSTGRESQL:
        return _POSTGRESQL[state]
    if type(error).__name__ == "OperationalError" and (state is None or state.startswith("08")):
        known = next((number for words, number in _WHILE_CONNECTING.items() if words in str(error)), None)
        return _POSTGRESQL[known] if known else _NO_SERVER
    return None
