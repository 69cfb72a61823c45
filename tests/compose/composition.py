"""docker-compose.yml as compose reads it: merged, with its variables filled in, as far as it uses
them. There is no container engine where the tests run.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})")


def raw() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def demanded() -> set[str]:
    """The variables without which compose does not start."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return set(re.findall(r"\$\{(\w+):\?", text))


def composition(environment: Mapping[str, str]) -> dict[str, Any]:
    return _filled(raw(), environment)


def example(values: Mapping[str, str]) -> dict[str, str]:
    """.env.example with `values` filled in where it leaves a gap."""
    found: dict[str, str] = {}
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, text = line.partition("=")
            found[name] = _fill(text, found) or values[name]
    return found


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _filled(item, environment) for key, item in value.items()}
        case list():
            return [_filled(item, environment) for item in value]
        case str():
            return _fill(value, environment)
        case _:
            return value


def _fill(text: str, environment: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        dollar, name, sign, rest = found.groups()
        if dollar:
            return "$"
        if environment.get(name):
            return environment[name]
        assert sign != ":?", f"{name}: {rest}"
        return rest or ""

    return _VARIABLE.sub(one, text)
