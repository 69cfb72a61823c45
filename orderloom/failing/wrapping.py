"""A port, or the worker's activities, with failpoints around. Without any armed, they stay bare."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar, cast

from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from activities.messages import CommandCall, PaymentCall, RecordCall
from orderloom.failing.points import (
    ABOUT,
    BEFORE_ACKNOWLEDGE,
    NAMES,
    Around,
    Points,
    activity_name,
)
from orderloom.failpoints import Failpoints
from orderloom.settings import Settings

P = TypeVar("P")


def guarded(settings: Settings, port: P, points: Points) -> P:
    """`port` itself, unless failpoints are armed."""
    failpoints = Failpoints.armed(settings, NAMES)
    return port if failpoints is None else cast(P, _Guarded(port, failpoints, points))


def activity_interceptors(settings: Settings) -> list[Interceptor]:
    """None, unless failpoints are armed."""
    failpoints = Failpoints.armed(settings, NAMES)
    return [] if failpoints is None else [_ActivityInterceptor(failpoints)]


class _Guarded:
    def __init__(self, port: object, failpoints: Failpoints, points: Points) -> None:
        self._port, self._failpoints, self._points = port, failpoints, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        around = self._points.get(name)
        return partial(self._call, found, around) if around else found

    async def _call(
        self, method: Callable[..., Awaitable[Any]], around: Around, *arguments: Any
    ) -> Any:
        occasion = around.occasion(*arguments)
        await self._failpoints.reach(around.before, occasion)
        result = await method(*arguments)
        await self._failpoints.reach(around.after, occasion)
        return result


def _about(call: object) -> str:
    """What an activity's argument says that it is about."""
    match call:
        case PaymentCall(operation=operation):
            return f".{operation}"
        case CommandCall(command=command):
            return f".{command.kind}"
        case RecordCall(bodies=bodies):
            return f".{'+'.join(body.kind for body in bodies)}"
        case _:
            return ""


class _ActivityInterceptor(Interceptor):
    def __init__(self, failpoints: Failpoints) -> None:
        self._failpoints = failpoints

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - temporalio's name
        return _BeforeAcknowledge(next, self._failpoints)


class _BeforeAcknowledge(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, failpoints: Failpoints) -> None:  # noqa: A002
        super().__init__(next)
        self._failpoints = failpoints

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        ABOUT.set("".join(map(_about, input.args)))
        result = await super().execute_activity(input)
        await self._failpoints.reach(BEFORE_ACKNOWLEDGE, activity_name())
        return result
