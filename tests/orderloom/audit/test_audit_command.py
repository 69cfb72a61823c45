"""`orderloom audit`: its answer, its exit code, and what it leaves out."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from orderloom.audit.auditor import titles
from orderloom.commands.audit import audit

app = typer.Typer()
app.command()(audit)


@pytest.fixture
def run(world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DATABASE_URL", world.url)
    monkeypatch.setenv("ORDERLOOM_SERVER_KEY", "00")
    monkeypatch.setenv("ORDERLOOM_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_sound_system_has_no_violations(run: Any) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "0 violations" in result.output
    assert "left out: no journals were given" in result.output


def test_json_names_every_check_and_what_was_left_out(run: Any) -> None:
    result = run("--json")
    report = json.loads(result.output)
    assert report["violations"] == 0
    made = [check["id"] for check in report["checks"]]
    left_out = [left["id"] for left in report["left_out"]]
    assert sorted(made + left_out) == sorted(titles())
    assert sorted(left_out) == ["M2-outside", "M4", "O1-engine", "O1-outside", "O3", "O5-engine",
                                "S5"]  # fmt: skip


@pytest.fixture
async def broken(world: Any) -> None:
    await world.run("UPDATE stock SET reserved = 1 WHERE sku = 'TEA'")


@pytest.mark.usefixtures("broken")
def test_an_offending_row_is_named_and_the_exit_code_says_so(run: Any) -> None:
    result = run()
    assert result.exit_code == 1
    assert "S2 sku=TEA, location=BOS, reserved=1, active=0" in result.output
    assert "1 violation\n" in result.output
    report = json.loads(run("--json").output)
    assert [check["violations"] for check in report["checks"] if check["id"] == "S2"] == [
        [{"sku": "TEA", "location": "BOS", "reserved": 1, "active": 0}]
    ]


def test_an_engine_that_does_not_answer_is_left_out(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLOOM_TEMPORAL_ADDRESS", "127.0.0.1:9")
    result = run("--json")
    left_out = {left["id"]: left["why"] for left in json.loads(result.output)["left_out"]}
    assert left_out["O3"].startswith("the engine did not answer")


def test_the_checks_can_be_listed(run: Any) -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert result.output.splitlines()[0].startswith("A1")
    assert len(result.output.splitlines()) == len(titles())
