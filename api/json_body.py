"""Reading JSON that came from outside: what the database could not keep is refused here."""

import json
import math
from collections import Counter
from typing import Any, NoReturn

from api.problem_kinds import MALFORMED_JSON
from api.problems import Problem

Json = Any
KEY_SHOWN_MAX = 100  # characters


def read_object(body: bytes) -> dict[str, Json]:
    """The JSON object in `body`. Refuses (`Problem`, 400) everything else."""
    try:
        value = json.loads(
            body,
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_each_key_once,
        )
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


def _each_key_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Readers differ in which of two they take, and the sender's may differ from ours."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise ValueError(f"the key {twice[:KEY_SHOWN_MAX]!a} stands twice in one object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
