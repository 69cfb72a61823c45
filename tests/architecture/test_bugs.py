"""docs/bugs.md: what others shipped, and the tests here that name it."""

import ast
import re

from tests.architecture.source import ROOT, name, python_files, tree

TABLE = (ROOT / "docs" / "bugs.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:3] for line in TABLE.splitlines() if line.startswith("| ")][1:]
BUGS = 19


def test_every_bug_that_others_shipped_has_tests_that_there_are():
    assert len(ROWS) == BUGS
    missing = []
    for bug, held_off_by in ROWS:
        tests = re.findall(r"`([^`]+\.py)::(\w+)`", held_off_by)
        missing += [bug] if not tests else []
        missing += [f"{file}::{test}" for file, test in tests if test not in _tests(file)]
    assert missing == []


def _tests(file: str) -> set[str]:
    path = ROOT / file
    if not path.exists():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree(path)) if isinstance(node, functions)}


def test_no_order_has_an_execution_timeout_that_would_skip_its_compensation():
    timeouts = {"execution_timeout", "run_timeout"}
    given = [
        f"{name(path)}: {node.arg}"
        for path in python_files("workflows", "activities", "adapters", "orderloom", "api")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg in timeouts
    ]
    assert given == []
