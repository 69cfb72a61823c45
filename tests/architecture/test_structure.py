"""The tree is what it says: packages, imports, refusals, requirements, and README's commands."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from api.refusals import PROBLEM_OF, UserErrorCode, problem_of
from domain import errors
from domain.errors import Refusal, refusal_of
from tests.architecture.source import PACKAGES, ROOT

PINNED = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+( ; [^\\]+)? \\$")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_root_package_is_ours(package):
    """Names as plain as `domain` and `web` are easily taken by something that is installed."""
    found = import_module(package)
    assert Path(found.__file__).is_relative_to(ROOT / package)


def test_imports_point_inward():
    lint = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def refusals(kind: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {kind}.union(*(refusals(sub) for sub in kind.__subclasses__()))


def test_every_refusal_has_its_graphql_code_and_its_problem_type():
    for kind in refusals():
        assert UserErrorCode(kind.code) in PROBLEM_OF
        found = problem_of(refusal_of(kind.code, "why"))
        assert 400 <= found.status < 600
        assert found.title
        assert found.advice
    slugs = [kind.slug for kind in PROBLEM_OF.values()]
    assert len(set(slugs)) == len(slugs)


def test_no_code_stands_for_two_refusals_and_the_tree_in_the_docstring_is_the_tree():
    ours = {kind for kind in refusals() if kind.__module__ == "domain.errors"}
    assert len({kind.code for kind in ours}) == len(ours)
    drawn = set(re.findall(r"^[│├└─ ]*([A-Z]\w+)", errors.__doc__, re.MULTILINE)) - {"Every"}
    assert drawn == {kind.__name__ for kind in ours}


@pytest.mark.parametrize("file", ["base", "dev"])
def test_every_requirement_is_pinned_and_hashed(file):
    lines = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8").splitlines()
    wanted = [n for n, line in enumerate(lines) if line and line[0] not in " #"]
    assert len(wanted) > 20
    for number in wanted:
        assert PINNED.match(lines[number]), lines[number]
        assert re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", lines[number + 1])


def test_everything_in_base_is_in_dev_at_the_same_version():
    base, dev = (
        set(re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / f).read_text(), re.MULTILINE))
        for f in ("base.txt", "dev.txt")
    )
    assert base - dev == set()


def test_ci_runs_the_commands_that_readme_names():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line for line in script if line.startswith("make ")] == ["make check", "make test"]
    assert "make test" in readme
    assert "make run" in readme


def test_every_target_that_readme_names_is_in_the_makefile():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", readme, re.MULTILINE)) <= targets


def test_every_command_that_the_documents_name_exists():
    from orderloom.cli import COMMANDS

    known = {name for commands in COMMANDS.values() for name in commands}
    for document in ("README.md", "docs/operator.md", "docs/developer.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert set(re.findall(r"`orderloom ([a-z]+)", text)) <= known, document
