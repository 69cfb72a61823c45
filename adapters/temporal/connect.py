"""A client of the Temporal service."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from adapters.temporal.converter import DATA_CONVERTER


async def connect(address: str = "", namespace: str = "", *, lazy: bool = False) -> Client:
    """Address and namespace given here win over what `temporalio.envconfig` finds. A lazy client
    connects when it is first used, so that a process can start while the service is down.
    """
    found = ClientConfig.load_client_connect_config()
    if address:
        found["target_host"] = address
    if namespace:
        found["namespace"] = namespace
    return await Client.connect(**found, data_converter=DATA_CONVERTER, lazy=lazy)
