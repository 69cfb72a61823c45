"""Running one embedded server by hand, as tests do; `orderloom up` has a supervisor for it."""

import time
from pathlib import Path

from orderloom.errors import Refused
from orderloom.supervisor.part import Part
from orderloom.supervisor.process import PartProcess, find_leftovers, stop_all

START_SECONDS_MAX = 60.0


class EmbeddedServer:
    """Starts and stops the one part that a subclass describes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: PartProcess | None = None

    def part(self) -> Part:
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """Of the running server; None when it was never started or has been stopped."""
        return self._process.pid if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.is_running()

    def start(self) -> None:
        """Returns when the server answers. First ends what an earlier, killed program left here."""
        self.stop()
        run = self.folder / "run"
        run.mkdir(parents=True, exist_ok=True)
        stop_all(find_leftovers(run))
        part = self.part()
        if part.prepare:
            part.prepare()
        self._process = PartProcess.spawn(part, run=run, log=self.folder / "log")
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._process.is_ready():
            if not self._process.is_running() or time.monotonic() > deadline:
                self.stop()
                raise Refused(f"{part.name} did not start:\n{self._last_words(part)}")
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            stop_all([self._process])
            self._process = None

    def _last_words(self, part: Part) -> str:
        text = (self.folder / "log" / f"{part.name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-20:])
