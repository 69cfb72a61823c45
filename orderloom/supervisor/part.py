"""What the supervisor needs to know about one program it runs."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path


class StopStage(IntEnum):
    """Parts of one stage stop together, the stages one after the other: first who takes orders in,
    last who keeps them.
    """

    EDGE = 0
    WORKER = 1
    OUTSIDE = 2
    ENGINE = 3
    DATABASE = 4


@dataclass(frozen=True, kw_only=True)
class Part:
    """`is_ready` asks the part from outside; without it, the part says so itself by creating the
    file named in ``ORDERLOOM_READY_FILE``. A part that runs `once` is ready when it ends with 0.

    A part with `own_wait` is started at once, does its slow imports, and then waits itself for the
    file named in ``ORDERLOOM_GO_FILE``, which is created when what it needs is ready.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()  # names of parts that have to be ready before
    own_wait: bool = False
    prepare: Callable[[], None] | None = None  # before every start
    is_ready: Callable[[], bool] | None = None
    once: bool = False
    stop_stage: StopStage = StopStage.EDGE
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 2.0  # from the stop signal to SIGKILL
    system_user: str | None = None  # whom it runs as, when root starts it
    directory: Path | None = None  # working directory
    address: str = ""  # shown when it is ready
