"""Review rules as a decision table (JDM, the JSON that GoRules' editors write), run by zen-engine.

`validate()` of the engine passes malformed cells, which then match nothing: so every cell is
compiled when the table is loaded, and a request that no row matches is held for a person.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import zen

from domain.codec import to_json
from domain.errors import Malformed
from domain.review import ReviewDecision, ReviewInputs, Verdict

_ALLOWED_NODES = ("inputNode", "outputNode", "decisionTableNode")  # no scripts


class ZenReviewRules:
    """See `ports.outside.ReviewRules`. Refuses (`Malformed`) a table with a cell that does not
    compile, or with nodes other than tables.
    """

    def __init__(self, name: str = "review", version: int = 1, table: str = "") -> None:
        self.version = f"{name}/{version}"
        text = table or read_table(name, version)
        check_table(json.loads(text))
        self._decision = zen.ZenEngine().create_decision(text)

    async def review(self, inputs: ReviewInputs) -> ReviewDecision:
        given = asdict(inputs)
        answer = await self._decision.async_evaluate({"inputs": given})
        found = answer["result"]
        why = {name: str(to_json(value)) for name, value in given.items()}
        if not found or not found.get("verdict"):
            return ReviewDecision(Verdict.HOLD, "no rule applies", "", self.version, "agent", why)
        return ReviewDecision(
            Verdict(found["verdict"]),
            found["reason"],
            found["rule"],
            self.version,
            found["owner"],
            why,
        )


def read_table(name: str, version: int) -> str:
    """A table that ships with Orderloom, as JSON text."""
    return files("adapters.rules").joinpath(f"{name}.v{version}.json").read_text("utf-8")


def check_table(table: dict[str, Any]) -> None:
    for node in table["nodes"]:
        if node["type"] not in _ALLOWED_NODES:
            raise Malformed(f"node {node['name']!r}: {node['type']} is not allowed in rules")
        if node["type"] == "decisionTableNode":
            _check_cells(node)


def _check_cells(node: dict[str, Any]) -> None:
    content = node["content"]
    for rule in content["rules"]:
        for column in content["inputs"]:
            _compile(zen.compile_unary_expression, rule, column, empty_matches_all=True)
        for column in content["outputs"]:
            _compile(zen.compile_expression, rule, column, empty_matches_all=False)


def _compile(
    compiler: Callable[[str], object],
    rule: dict[str, str],
    column: dict[str, str],
    *,
    empty_matches_all: bool,
) -> None:
    cell = rule.get(column["id"], "")
    if not cell and empty_matches_all:
        return
    try:
        compiler(cell)
    except (RuntimeError, ValueError) as broken:
        where = f"rule {rule['_id']}, {column['name']}"
        raise Malformed(f"{where}: {cell!r} does not compile") from broken
