"""The repository's own files, for the tests that read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("domain", "ports", "workflows", "activities", "adapters", "api", "web", "orderloom")
PACKAGES = (*PRODUCT, "simulators", "benchmarks")
WRITTEN = (*PACKAGES, "tests", "docs", "scripts", "requirements", ".ci")
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".sh", ".html", ".css", ".js", ".svg", ""}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """What people wrote: everything in our folders, and the files beside them."""
    folders = (path for name in WRITTEN for path in (ROOT / name).rglob("*"))
    for path in (*folders, *ROOT.iterdir()):
        if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
            yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
