"""Which Temporal server `temporalio.envconfig` names: TEMPORAL_ADDRESS, or a profile in a file."""

import os
from pathlib import Path

VARIABLES = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
FILE = Path("temporalio") / "temporal.toml"


def configured_address() -> str:
    """host:port; empty when nothing is configured. The SDK (0.2 s) is imported only when it is."""
    folders = (
        Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"),
        Path.home() / "Library" / "Application Support",
    )
    named = any(os.environ.get(variable) for variable in VARIABLES)
    if not named and not any((folder / FILE).exists() for folder in folders):
        return ""
    from temporalio.envconfig import ClientConfig

    return ClientConfig.load_client_connect_config().get("target_host") or ""
