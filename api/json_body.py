"""Reading JSON that came from outside: what the database could not keep is refused here."""

import json
import math
from typing import Any, NoReturn

from api.problem_kinds import MALFORMED_JSON
from api.problems import Problem

Json = Any


def read_object(body: bytes) -> dict[str, Json]:
    """The JSON object in `body`. Refuses (`Problem`, 400) everything else."""
    try:
        value = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
        unstorable = holds_unstorable_text(value)
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Problem(MALFORMED_JSON, f"The body is not JSON: {what}") from error
    if unstorable:
        raise Problem(MALFORMED_JSON, "A text in the body has a NUL or half a surrogate pair.")
    if not isinstance(value, dict):
        raise Problem(MALFORMED_JSON, "The body is JSON, but not an object.")
    return value


def holds_unstorable_text(value: Json) -> bool:
    """Whether some text in `value` has a NUL, or a lone surrogate, which UTF-8 cannot hold."""
    match value:
        case str():
            return "\0" in value or any("\ud800" <= char <= "\udfff" for char in value)
        case list() | tuple():
            return any(map(holds_unstorable_text, value))
        case dict():
            return any(map(holds_unstorable_text, [*value.keys(), *value.values()]))
        case _:
            return False


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
