"""Plain data (JSON) from and to the domain's frozen dataclasses, by their type hints.

Knows dataclasses, enums, datetimes, int and str subclasses, optionals, tuples, lists and dicts:
what the journal, the facts and the projection are made of. Unknown keys are ignored and missing
ones take their defaults, so that fields can be added.
"""

import types
from collections.abc import Callable, Hashable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Json = Any


def to_json(value: Any) -> Json:
    kind = type(value)
    return value if kind in _PLAIN else _writer(cast("Hashable", kind))(value)


def from_json(kind: type[T], data: Json) -> T:
    """Refuses (KeyError, ValueError, TypeError) data that does not fit `kind`."""
    return _reader(cast("Hashable", kind))(data)  # type: ignore[no-any-return]  # dynamic by nature


_PLAIN = frozenset({type(None), bool, int, float, str})


@cache
def _writer(kind: Any) -> Callable[[Any], Json]:
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, int):
        return int
    if issubclass(kind, str | float):
        return lambda value: value
    if kind.__name__ == "datetime":  # by name, as in `_reader`
        return lambda value: value.isoformat()
    if issubclass(kind, tuple | list):
        return lambda value: [to_json(item) for item in value]
    if issubclass(kind, dict):
        return lambda value: {str(to_json(key)): to_json(item) for key, item in value.items()}
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
        return lambda value: {name: to_json(getattr(value, name)) for name in names}
    raise TypeError(f"no plain form for {kind.__name__}")


@cache
def _reader(kind: Any) -> Callable[[Json], Any]:
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _reader(next(arg for arg in args if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin in (tuple, list):
        item = _reader(args[0])
        return lambda data: origin(map(item, data))
    if origin is dict:
        key, item = _reader(args[0]), _reader(args[1])
        return lambda data: {key(k): item(v) for k, v in data.items()}
    if kind.__name__ == "datetime":  # by name: in the workflow sandbox the class is a proxy
        return datetime.fromisoformat
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if kind is Any:
        return lambda data: data
    return kind  # type: ignore[no-any-return]  # str, int, bool, enums: their own constructors


def _dataclass_reader(kind: Any) -> Callable[[Json], Any]:
    hints = get_type_hints(kind)
    parts = [(f.name, _reader(hints[f.name]), _required(f)) for f in fields(kind)]

    def read(data: Json) -> Any:
        return kind(
            **{
                name: reader(data[name])
                for name, reader, required in parts
                if required or name in data
            }
        )

    return read


def _required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
