"""What an operator is told when the database does not answer, wherever it was asked."""

from psycopg import errors
from sqlalchemy.exc import OperationalError, ProgrammingError


class DatabaseUnusable(Exception):  # a state of the world, told to the operator
    """It cannot be reached, or has no tables; the message says what to do."""


def unusable(error: BaseException) -> DatabaseUnusable | None:
    """None for an error that says something else."""
    match error:
        case OperationalError(connection_invalidated=True):
            return DatabaseUnusable("The connection to the database was lost. Try again.")
        case OperationalError(orig=errors.ConnectionTimeout()):
            return DatabaseUnusable("The connection to the database was lost. Try again.")
        case OperationalError(orig=errors.OperationalError(sqlstate=None)):
            return DatabaseUnusable(
                "The database cannot be reached. Is `orderloom up` running on this home?"
            )
        case ProgrammingError(orig=errors.UndefinedTable()):
            return DatabaseUnusable("The database has no tables. Run `orderloom migrate` first.")
        case _:
            return None
