"""Keys that a new home generates for itself: the embedded default needs no configuration."""

import base64
import secrets
from typing import Any

SIMULATOR_KEY_PREFIX = "sim_"
WEBHOOK_SOURCES = ("payment", "warehouse", "carrier")
CHANNELS = ("web", "pos")
SIMULATORS = ("payment", "warehouse", "carrier", "channel")


def generate_keys(*, simulated: bool) -> dict[str, Any]:
    """``server_key`` and ``postgres_password`` are hexadecimal, webhook and channel secrets are
    in the form of Standard Webhooks, ``simulator_keys`` exist in a simulated home only.
    """
    return {
        "server_key": secrets.token_hex(32),
        "postgres_password": secrets.token_hex(24),
        "webhook_secrets": {source: _webhook_secret() for source in WEBHOOK_SOURCES},
        "channel_secrets": {channel: _webhook_secret() for channel in CHANNELS},
        "simulator_keys": {
            name: SIMULATOR_KEY_PREFIX + secrets.token_hex(20) for name in SIMULATORS if simulated
        },
    }


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
