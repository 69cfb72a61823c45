"""The whole system with its simulators, as `orderloom up --simulators` runs it, in a thread.

A demo's orders are play: they never go into a database or an engine of the operator's own, so the
variables that name one are taken out of the environment.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orderloom.errors import Refused
from orderloom.home import Home
from orderloom.plan import Plan, Planner
from orderloom.running import occupied, run_plan, say
from orderloom.settings import Settings, load_settings
from orderloom.supervisor.stop_request import StopRequest
from orderloom.temporal_config import VARIABLES as TEMPORAL_VARIABLES

ELSEWHERE = (
    "DATABASE_URL",
    "ORDERLOOM_DATABASE_URL",
    "ORDERLOOM_TEMPORAL_ADDRESS",
    *TEMPORAL_VARIABLES,
)
POLL_SECONDS = 0.02


class Stopped(Exception):  # the operator's wish, not an error
    """Somebody pressed Ctrl-C."""


@contextmanager
def running_stack(home: Home, stop: StopRequest, *, port: int | None = None) -> Iterator[Settings]:
    """While inside, everything runs; afterwards nothing does. Refuses when a part cannot start,
    raises `Stopped` when `stop` is requested before everything is ready.
    """
    for name in ELSEWHERE:
        if os.environ.pop(name, None):
            say(f"{name} is set, and not used: play orders stay in {home.path}")
    with occupied(home):
        plan = Planner(home, load_settings(home=home.path)).plan(simulators=True, port=port)
        supervision = _Supervision(home, plan, stop)
        supervision.start()
        try:
            supervision.wait_until_ready()
            yield load_settings(home=home.path)
        finally:
            if not stop.requested:  # a second request would mean: at once
                stop.request()
            supervision.join()
            if supervision.failure is not None:
                raise supervision.failure


class _Supervision(threading.Thread):
    def __init__(self, home: Home, plan: Plan, stop: StopRequest) -> None:
        super().__init__(name="supervisor")
        self.failure: BaseException | None = None
        self._place, self._planned, self._asked = home, plan, stop
        self._ready = threading.Event()

    def run(self) -> None:
        try:
            run_plan(self._place, self._planned, stop=self._asked, on_ready=self._ready.set)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self.failure = error

    def wait_until_ready(self) -> None:
        while not self._ready.wait(POLL_SECONDS):
            if self._asked.requested:
                raise Stopped
            if not self.is_alive():
                raise self.failure or Refused("The system ended before it was ready.")
