"""Histories recorded at each release are replayed against the workflows as they are now, in the
worker's sandbox: what is not deterministic, or no longer fits orders that are under way, fails here
before it ships. The longest are replayed in the sandbox's default restrictions as well, without any
module passed through: each then imports all of them anew, which takes a second and 4 MB.
"""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from adapters.temporal.converter import DATA_CONVERTER
from orderloom.worker import workflow_runner
from workflows.order import OrderWorkflow
from workflows.rma import ReturnWorkflow

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*/*.json"))


def _kind(path: Path) -> str:
    return path.name.split(".")[-2]


def _longest(kind: str) -> list[Path]:
    return sorted(
        (path for path in HISTORIES if _kind(path) == kind), key=lambda path: -path.stat().st_size
    )[:4]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_the_corpus_has_orders_and_returns() -> None:
    assert {_kind(path) for path in HISTORIES} == {"order", "return"}


@pytest.mark.parametrize("path", HISTORIES, ids=_name)
async def test_a_recorded_history_replays(path: Path) -> None:
    assert await _failure(_history(path), workflow_runner(sandboxed=True)) == ""


@pytest.mark.parametrize("path", _longest("order") + _longest("return"), ids=_name)
async def test_a_long_history_replays_with_no_module_passed_through(path: Path) -> None:
    assert await _failure(_history(path), SandboxedWorkflowRunner()) == ""


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


async def _failure(history: WorkflowHistory, runner: WorkflowRunner) -> str:
    replayer = Replayer(
        workflows=[OrderWorkflow, ReturnWorkflow],
        workflow_runner=runner,
        data_converter=DATA_CONVERTER,
        debug_mode=True,  # a machine that stands still for two seconds is no failure here
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return str(result.replay_failure or "")
