"""What every file owes its reader, and what none may contain."""

import ast
import re

import pytest

from tests.architecture.source import (
    PACKAGES,
    ROOT,
    name,
    python_files,
    text_files,
    tree,
)

# Written in pieces, so that this file does not contain what it looks for.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b")
MACHINE_PATHS = re.compile(
    "|".join((r"/wo" + "rk/", r"/ro" + "ot/", r"/ho" + r"me/\w", r"/Us" + "ers/"))
)
REGISTRIES = re.compile(
    "|".join(
        (
            "py" + "pi",
            "python" + "hosted",
            "npm" + "js",
            "docker" + r"\.io",
            "gh" + r"cr\.",
            "qu" + r"ay\.",
        )
    ),
    re.IGNORECASE,
)


def test_every_file_starts_with_what_it_is_for():
    bare = [
        name(path)
        for path in python_files(*PACKAGES, "tests")
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(path))
    ]
    assert bare == []


@pytest.mark.parametrize("unwanted", [UNFINISHED, MACHINE_PATHS, REGISTRIES], ids=lambda r: "…")
def test_no_file_has_unfinished_work_a_path_of_one_machine_or_the_address_of_a_registry(unwanted):
    found = [
        f"{name(path)}:{number}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if unwanted.search(line) and not line.lstrip().startswith('"TD", "FIX"')  # ruff's own
    ]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail_without_a_reason():
    marks = {"skip", "skipif", "xfail"}
    silent = []
    for path in python_files("tests"):
        calls = {node.func: node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in marks:
                call = calls.get(node)
                words = {keyword.arg for keyword in call.keywords} if call else set()
                if call is None or not (words & {"reason"} or (node.attr == "skip" and call.args)):
                    silent.append(f"{name(path)}:{node.lineno}")
    assert silent == []


BANNED_NAMES = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom", "monotonic", "perf_counter"}
BANNED_MODULES = {"random", "secrets", "time", "uuid"}


@pytest.mark.parametrize("package", ["domain", "workflows"])
def test_time_ids_and_chance_are_arguments_of_the_domain_and_the_process(package):
    """`workflow.now()` is the engine's clock, which replays."""
    found = []
    for path in python_files(package):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):  # `datetime.time` is no clock
                if node.module in BANNED_MODULES:
                    found.append(f"{name(path)}:{node.lineno}")
            elif isinstance(node, ast.Import):
                if {alias.name for alias in node.names} & BANNED_MODULES:
                    found.append(f"{name(path)}:{node.lineno}")
            elif (
                isinstance(node, ast.Attribute)
                and node.attr in BANNED_NAMES
                and ast.unparse(node.value) != "workflow"
            ):
                found.append(f"{name(path)}:{node.lineno}")
    assert found == []


def test_no_tests_folder_is_a_package_that_could_shadow_one_of_ours():
    assert list((ROOT / "tests").rglob("__init__.py")) == []
