"""The order desk on Temporal: start, update, signal, query, and what their failures mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import Start
from domain.codec import Json
from domain.commands import Command
from domain.errors import refusal_of
from domain.facts import Fact
from ports.desk import DeskUnavailable, LiveProcess, NoSuchProcess
from workflows.order import OrderWorkflow, Outcome
from workflows.rma import ReturnWorkflow

COMMAND_WITHIN = timedelta(seconds=10)
CALL_WITHIN = timedelta(seconds=5)
QUERY_WITHIN = timedelta(milliseconds=500)
CHANNEL = SearchAttributeKey.for_keyword("OrderChannel")


class TemporalOrderDesk:
    """See `ports.desk.OrderDesk`."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start_order(self, order: str, channel: str) -> None:
        async with _answered(order, CALL_WITHIN):
            await self._client.start_workflow(
                OrderWorkflow.run,
                Start(order),
                id=order_workflow_id(order),
                task_queue=self._task_queue,
                static_summary=f"order {order}",
                search_attributes=TypedSearchAttributes([SearchAttributePair(CHANNEL, channel)]),
                # One that an operator has ended by accident may begin anew: its journal says where.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=CALL_WITHIN,
            )

    async def start_return(self, rma: str) -> None:
        async with _answered(rma, CALL_WITHIN):
            await self._client.start_workflow(
                ReturnWorkflow.run,
                Start(rma),
                id=return_workflow_id(rma),
                task_queue=self._task_queue,
                static_summary=f"return {rma}",
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=CALL_WITHIN,
            )

    async def command(self, subject: str, command: Command) -> Json:
        about_return = command.kind.value.startswith("return_")
        handle: WorkflowHandle[object, object] = self._client.get_workflow_handle(
            return_workflow_id(subject) if about_return else order_workflow_id(subject)
        )
        async with _answered(subject, COMMAND_WITHIN):
            outcome = await handle.execute_update(
                "command", command, id=command.id, result_type=Outcome
            )
        if outcome.refusal:
            code, message = outcome.refusal
            raise refusal_of(code, message)
        return {}

    async def tell(self, order: str, fact: Fact) -> None:
        handle = self._client.get_workflow_handle_for(OrderWorkflow.run, order_workflow_id(order))
        async with _answered(order, CALL_WITHIN):
            await handle.signal(OrderWorkflow.fact, fact, rpc_timeout=CALL_WITHIN)

    async def process(self, order: str) -> LiveProcess:
        handle = self._client.get_workflow_handle_for(OrderWorkflow.run, order_workflow_id(order))
        async with _answered(order, QUERY_WITHIN):
            return await handle.query(OrderWorkflow.process, rpc_timeout=QUERY_WITHIN)


def order_workflow_id(order: str) -> str:
    return f"order/{order}"


def return_workflow_id(rma: str) -> str:
    return f"return/{rma}"


@asynccontextmanager
async def _answered(subject: str, within: timedelta) -> AsyncIterator[None]:
    """The engine's failures, in the words of the port. `rpc_timeout` alone does not hold while a
    lazy client connects to a service that hangs.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except WorkflowUpdateFailedError as failed:
        cause = failed.cause
        if isinstance(cause, ApplicationError) and cause.type:
            raise refusal_of(cause.type, cause.message) from failed
        raise DeskUnavailable(f"{subject}: {cause}") from failed
    except (TimeoutError, RPCTimeoutOrCancelledError) as slow:
        raise DeskUnavailable(f"{subject}: no answer in time") from slow
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as failed:
        raise DeskUnavailable(f"{subject}: {failed}") from failed
    except WorkflowAlreadyStartedError:  # and has ended: one that runs is what is used
        return
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            raise NoSuchProcess(f"{subject}: no process runs") from failed
        raise DeskUnavailable(f"{subject}: {failed.message}") from failed
    except RuntimeError as failed:  # a lazy client that cannot connect
        raise DeskUnavailable(f"{subject}: {failed}") from failed
