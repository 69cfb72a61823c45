"""The order desk when the engine is not there to answer."""

import socket

import pytest

from adapters.temporal.connect import connect
from adapters.temporal.desk import TemporalOrderDesk
from ports.desk import DeskUnavailable


async def test_an_engine_that_hangs_before_it_was_ever_reached_keeps_nobody_waiting() -> None:
    """As after a start of the API beside a frozen service: connecting has no time limit itself."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        client = await connect(f"127.0.0.1:{frozen.getsockname()[1]}", "default", lazy=True)
        desk = TemporalOrderDesk(client, "orders")
        for _ in range(2):
            with pytest.raises(DeskUnavailable, match="no answer in time"):
                await desk.process("7K3M-9QXT-2AVB")
