"""`orderloom cost`, as its user meets it."""

import json
import subprocess
import sys
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from orderloom.commands.cost import workflow_id


@workflow.defn
class Nothing:
    @workflow.run
    async def run(self) -> None:
        return


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("7K3M-9QXT-2AVB", "order/7K3M-9QXT-2AVB"),
        ("7K3M-9QXT-2AVB-R12", "return/7K3M-9QXT-2AVB-R12"),
    ],
)
def test_a_return_is_known_by_its_number(number, expected):
    assert workflow_id(number) == expected


def cost(temporal_address, tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "orderloom", "cost", "--home", str(tmp_path), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "", "ORDERLOOM_TEMPORAL_ADDRESS": temporal_address},
        check=False,
    )


async def test_programs_get_the_cost_of_each_order_and_what_is_left_out(
    temporal_client, temporal_address, tmp_path
):
    number = uuid4().hex.upper()
    worker = Worker(
        temporal_client,
        task_queue=number,
        workflows=[Nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        await temporal_client.execute_workflow(Nothing.run, id=f"order/{number}", task_queue=number)
    ended = cost(temporal_address, tmp_path, number, "--json")
    answer = json.loads(ended.stdout)
    counted = answer["orders"][number]
    assert counted.pop("bytes") > 100
    assert counted == {"events": 5, "actions": 1, "by_kind": {"start_workflow": 1}}
    assert "queries" in answer["left_out"]
    assert "billable Actions" in cost(temporal_address, tmp_path, number).stdout


def test_an_order_without_history_is_refused_by_its_number(temporal_address, tmp_path):
    ended = cost(temporal_address, tmp_path, "7K3M-9QXT-2AVB")
    assert ended.returncode == 1
    assert ended.stderr == (
        "orderloom: No history of order/7K3M-9QXT-2AVB is kept: "
        "it never began, or retention is over.\n"
    )
