"""The pages about Orderloom, and the files that pages load."""

import re
from pathlib import Path

import pytest

from web.static_files import FOLDER


async def test_the_index_leads_to_what_there_is(http):
    page = await http.get("/")
    assert page.status_code == 200
    links = set(re.findall(r'(?:href|src)="(/[^"]*)"', page.text))
    assert {"/graphql", "/problems", "/readyz"} <= links
    for link in links:
        assert (await http.get(link, headers={"accept": "text/html"})).status_code == 200


async def test_an_unknown_problem_is_404(http):
    assert (await http.get("/problems/nothing")).status_code == 404


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.*")), ids=lambda path: path.name)
async def test_every_static_file_is_served_and_may_be_kept(http, path: Path):
    answer = await http.get(f"/static/{path.relative_to(FOLDER)}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", ["/static/../templating.py", "/static/%2e%2e/language.py"])
async def test_nothing_outside_the_static_folder_is_served(http, path):
    assert (await http.get(path)).status_code == 404


def test_vendored_files_are_recorded_and_together_below_3_mb():
    vendored = [path for path in (FOLDER / "vendor").iterdir() if path.suffix != ".txt"]
    record = (FOLDER / "VENDORED.md").read_text()
    assert [path.name for path in vendored if path.name.split(".min")[0] not in record] == []
    assert sum(path.stat().st_size for path in vendored) < 3_000_000
