"""One loop that starts parts when what they need is ready, and starts again what dies."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orderloom.errors import Refused
from orderloom.supervisor.part import Part
from orderloom.supervisor.process import PartProcess, stop_all
from orderloom.supervisor.stop_request import StopRequest

POLL_SECONDS = 0.02
IDLE_POLL_SECONDS = 0.1
BACKOFF_SECONDS, BACKOFF_SECONDS_MAX = 0.2, 10.0
STEADY_SECONDS = 5.0  # who is ready for that long starts with the first backoff again
FAILED_STARTS_MAX = 5  # of a part that was never ready: something is wrong that time will not mend
SLOW_START_SECONDS = 30.0


@dataclass
class _Watch:
    part: Part
    process: PartProcess | None = None
    first_started_at: float = 0.0
    start_at: float = 0.0
    deaths: int = 0  # since it last was steady
    ready: bool = False
    ready_at: float = 0.0
    ever_ready: bool = False
    let_go: bool = False  # of the running process
    called_slow: bool = False


class Supervisor:
    """`say` gets one line per event, `on_ready` is called once, when every part is ready. Whoever
    dies again and again is started again after pauses that grow to `backoff_max` seconds.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        run: Path,
        log: Path,
        say: Callable[[str], None],
        on_ready: Callable[[], None] = lambda: None,
        backoff_max: float = BACKOFF_SECONDS_MAX,
    ) -> None:
        self._watches = [_Watch(part) for part in parts]
        self._run = run
        self._log = log
        self._say = say
        self._on_ready = on_ready
        self._backoff_max = backoff_max

    def supervise(self, stop: StopRequest) -> None:
        """Until `stop` is requested; ends every part, however it returns. Refuses when a part
        cannot be started at all.
        """
        announced = False
        try:
            while not stop.requested:
                for watch in self._watches:
                    self._look_after(watch)
                if not announced and all(watch.ready for watch in self._watches):
                    announced = True
                    self._on_ready()
                time.sleep(IDLE_POLL_SECONDS if announced else POLL_SECONDS)
        finally:
            running = [watch.process for watch in self._watches if watch.process]
            killed = stop_all(running, hurry=lambda: stop.urgent)
        for name in killed:
            self._say(f"{name} did not stop in time and was killed")

    def _look_after(self, watch: _Watch) -> None:
        now = time.monotonic()
        if watch.process is None:
            if not (watch.part.once and watch.ready) and self._may_start(watch, now):
                self._start(watch, now)
            return
        if watch.part.own_wait and not watch.let_go and self._has_needs(watch):
            watch.let_go = True
            watch.process.let_go()
        if not watch.process.is_running():
            self._ended(watch, watch.process, now)
            return
        if not watch.ready:
            if watch.process.is_ready():
                self._became_ready(watch, now)
            elif now - watch.process.started_at > SLOW_START_SECONDS and not watch.called_slow:
                watch.called_slow = True
                self._say(f"{watch.part.name} is slow to start; its log: {self._log_of(watch)}")
        elif now - watch.ready_at > STEADY_SECONDS:
            watch.deaths = 0

    def _may_start(self, watch: _Watch, now: float) -> bool:
        return now >= watch.start_at and (watch.part.own_wait or self._has_needs(watch))

    def _has_needs(self, watch: _Watch) -> bool:
        ready = {other.part.name for other in self._watches if other.ever_ready}
        return watch.part.needs <= ready

    def _start(self, watch: _Watch, now: float) -> None:
        watch.first_started_at = watch.first_started_at or now
        watch.let_go = False
        if watch.part.prepare:
            watch.part.prepare()
        watch.process = PartProcess.spawn(watch.part, run=self._run, log=self._log)

    def _ended(self, watch: _Watch, process: PartProcess, now: float) -> None:
        watch.process = None
        process.forget()  # waits for its last thread, without which there is no exit code yet
        code = process.exit_code()
        if watch.part.once and code == 0:
            self._became_ready(watch, now)
            return
        watch.deaths += 1
        watch.ready = False
        how = f"was killed by signal {-code}" if code and code < 0 else f"ended with code {code}"
        if not watch.ever_ready and watch.deaths >= FAILED_STARTS_MAX:
            raise Refused(f"{watch.part.name} {how}, {watch.deaths} times.\n{self._tail(watch)}")
        wait = min(BACKOFF_SECONDS * 2 ** (watch.deaths - 1), self._backoff_max)
        watch.start_at = now + wait
        self._say(
            f"{watch.part.name} {how}; starting it again in {wait:g} s; its log: "
            f"{self._log_of(watch)}"
        )

    def _became_ready(self, watch: _Watch, now: float) -> None:
        done = "done" if watch.part.once else "again ready" if watch.ever_ready else "ready"
        took = "" if watch.ever_ready else f"{now - watch.first_started_at:.1f} s"
        watch.ready = watch.ever_ready = True
        watch.ready_at = now
        line = f"{watch.part.name:<20} {done:<11} {took:>6}  {watch.part.address}"
        self._say(line.rstrip())

    def _log_of(self, watch: _Watch) -> Path:
        return self._log / f"{watch.part.name}.log"

    def _tail(self, watch: _Watch) -> str:
        lines = self._log_of(watch).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(["The end of its log:", *lines[-15:]])
