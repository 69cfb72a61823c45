"""A process definition in a file: JSON that overrides what it names."""

from dataclasses import asdict
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from domain.process import ProcessDefinition

_CHECKED = TypeAdapter(dataclass(ProcessDefinition, frozen=True, config=ConfigDict(extra="forbid")))


def read_process(path: Path) -> ProcessDefinition:
    """Refuses (`ValueError`, `OSError`) a file that is missing or no JSON, a name that the
    definition does not have, a value of another type, and a duration below zero.
    """
    values = asdict(_CHECKED.validate_json(path.read_bytes()))
    negative = [name for name, value in values.items() if not isinstance(value, str) and value < 0]
    if negative:
        raise ValueError(f"{path}: below zero: {', '.join(negative)}")
    return ProcessDefinition(**values)
