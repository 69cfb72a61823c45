"""Free TCP ports on 127.0.0.1.

They lie below the range from which the kernel draws the source ports of outgoing connections
(32768 on Linux, 49152 elsewhere): a port of that range can be taken between choosing and binding,
and a client that keeps connecting to a part which is just restarting can connect to itself.
"""

import random
import socket
from collections.abc import Collection

from orderloom.errors import Refused

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 20_000, 32_000
TRIES_MAX = 200


def is_free(port: int, host: str = HOST) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a stopped server that linger are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None, *, avoid: Collection[int] = ()) -> int:
    """`preferred` when it is free, else any but those to `avoid` (chosen, not bound yet)."""
    if preferred and is_free(preferred):
        return preferred
    chance = random.SystemRandom()
    for _ in range(TRIES_MAX):
        port = chance.randint(FIRST_PORT, LAST_PORT)
        if port not in avoid and is_free(port):
            return port
    raise Refused(f"Found no free port between {FIRST_PORT} and {LAST_PORT}.")
