"""A process definition in a file: JSON that overrides what it names."""

import re
from dataclasses import asdict, fields
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from domain.codec import Json, from_json
from domain.errors import Refusal
from domain.money import AMOUNT_MAX
from domain.points_rules import PointsProgram, PointsRate
from domain.process import ProcessDefinition
from orderloom.errors import Refused

DURATION_MAX_YEARS = 10
DURATION_MAX_SECONDS = DURATION_MAX_YEARS * 365 * 24 * 3600

_STRICTLY = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
for _part in (PointsProgram, PointsRate):
    with_config(_STRICTLY)(_part)
_CHECKED = TypeAdapter(dataclass(ProcessDefinition, frozen=True, config=_STRICTLY))
_SERIES = re.compile(r"[A-Z0-9]{1,12}")
_DURATIONS = [field.name for field in fields(ProcessDefinition) if field.type is float]
_IN_WORDS = {  # by pydantic's types of errors
    "unexpected_keyword_argument": "there is no such name",
    "float_type": "it is no number",
    "finite_number": "it is no number",
    "int_type": "it is no whole number",
    "int_from_float": "it is no whole number",
    "string_type": "it is no text",
    "enum": "it is none of the words that the operator's guide lists",
}


def process_of(path: Path | None) -> ProcessDefinition:
    """What the settings name; the standard one where they name none."""
    return read_process(path) if path else ProcessDefinition()


def read_process(path: Path) -> ProcessDefinition:
    """Refuses, naming the file and each name in it that is at fault, a file that is missing or no
    JSON object, a name that the definition does not have, a value of another type, below zero or
    not finite, a duration of over ten years, and names that no series or time zone has.
    """
    try:
        values = asdict(_CHECKED.validate_json(path.read_bytes()))
    except OSError as error:
        raise _refused(path, [error.strerror or str(error)]) from error
    except ValidationError as error:
        raise _refused(path, [_in_words(detail) for detail in error.errors()]) from error
    except Refusal as refusal:
        raise _refused(path, [f"points: {refusal.message}"]) from refusal
    if faults := [*_not_here(values), *_out_of_bounds(values), *_unreadable(values)]:
        raise _refused(path, faults)
    return from_json(ProcessDefinition, values)


def _refused(path: Path, faults: list[str]) -> Refused:
    return Refused(f"The process definition {path} is not usable. {'; '.join(faults)}.")


def _in_words(error: ErrorDetails) -> str:
    said = _IN_WORDS.get(error["type"], error["msg"])
    if error["loc"]:
        return f"{'.'.join(map(str, error['loc']))}: {said}"
    return "It is no JSON object" if error["type"] == "dataclass_type" else said


def _not_here(values: dict[str, Json]) -> list[str]:
    """What follows from the settings."""
    standard = asdict(ProcessDefinition())
    names = ("payment_provider", "authorization_scope")
    return [f"{n}: it follows from the settings" for n in names if values[n] != standard[n]]


def _out_of_bounds(values: dict[str, Json]) -> list[str]:
    faults = []
    for name, value in values.items():
        if isinstance(value, str | dict):  # which see to themselves
            continue
        if value < 0:
            faults.append(f"{name}: it is below zero")
        elif name in _DURATIONS and value > DURATION_MAX_SECONDS:
            faults.append(f"{name}: it is over {DURATION_MAX_YEARS} years (it counts seconds)")
        elif value > AMOUNT_MAX:
            faults.append(f"{name}: it is over {AMOUNT_MAX:,}")
    return faults


def _unreadable(values: dict[str, Json]) -> list[str]:
    faults = [
        f"{name}: it is not 1 to 12 capital letters and digits"
        for name in ("invoice_series", "credit_note_series")
        if not _SERIES.fullmatch(str(values[name]))
    ]
    if values["invoice_time_zone"] not in available_timezones():
        faults.append("invoice_time_zone: there is no such time zone, as Asia/Shanghai")
    return faults
