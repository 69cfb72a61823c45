"""How the operator asks the supervisor to stop: SIGINT, SIGTERM or SIGHUP; twice for at once."""

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    def __init__(self) -> None:
        self._count = 0

    def listen(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._received)

    def request(self) -> None:
        self._count += 1

    @property
    def requested(self) -> bool:
        return self._count > 0

    @property
    def urgent(self) -> bool:
        """Asked a second time: whoever asks no longer wants to wait for the drain."""
        return self._count > 1

    def _received(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.request()
