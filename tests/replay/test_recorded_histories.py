"""Histories recorded at each release are replayed against the workflows as they are now, in the
sandbox's default restrictions and without any module passed through: what is not deterministic, or
no longer fits orders that are under way, fails here before it ships.
"""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from adapters.temporal.converter import DATA_CONVERTER
from workflows.order import OrderWorkflow
from workflows.rma import ReturnWorkflow

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*/*.json"))


def test_the_corpus_has_orders_and_returns() -> None:
    kinds = {path.name.split(".")[-2] for path in HISTORIES}
    assert kinds == {"order", "return"}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    history = _history(path)
    replayer = Replayer(workflows=[OrderWorkflow, ReturnWorkflow], data_converter=DATA_CONVERTER)
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    failure = str(result.replay_failure or "")
    assert failure == ""


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())
