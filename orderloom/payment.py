"""Which payment provider has an order: what is stamped on it, and the adapters by that name."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import NoReturn

from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from domain.process import AuthorizationScope, ProcessDefinition
from orderloom.failing.points import WORKER_PAYMENT
from orderloom.failing.wrapping import guarded
from orderloom.settings import Settings
from ports.outside import Capabilities, PaymentProvider, PaymentRequest, Unreachable

# The API stamps orders without loading the adapters; a test compares this with what they say.
CAPTURES_ONCE = {"http": False, "stripe": True}


def stamped(process: ProcessDefinition, settings: Settings) -> ProcessDefinition:
    """The process of orders placed from now on."""
    once = CAPTURES_ONCE[settings.payment_provider]
    return replace(
        process,
        payment_provider=settings.payment_provider,
        authorization_scope=AuthorizationScope.PARCEL if once else AuthorizationScope.ORDER,
    )


@asynccontextmanager
async def payment_providers(settings: Settings) -> AsyncIterator[Mapping[str, PaymentProvider]]:
    """All of them, since orders in flight stay at theirs when the setting changes."""
    async with AsyncExitStack() as stack:
        http = HttpParty(
            settings.payment_url, settings.payment_key.get_secret_value(), name="payment provider"
        )
        stack.push_async_callback(http.close)
        found: dict[str, PaymentProvider] = {
            "http": HttpPaymentProvider(http),
            "stripe": await _stripe(settings, stack),
        }
        yield {name: guarded(settings, each, WORKER_PAYMENT) for name, each in found.items()}


async def _stripe(settings: Settings, stack: AsyncExitStack) -> PaymentProvider:
    key = settings.stripe_key.get_secret_value()
    if not key:
        return Unconfigured("stripe_key")
    # The SDK takes half a second to load.
    from adapters.payments.stripe_provider import StripePaymentProvider

    stripe = StripePaymentProvider(
        key, base_url=settings.stripe_url, return_url=settings.public_url
    )
    stack.push_async_callback(stripe.close)
    return stripe


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """Of orders whose provider was taken out of the settings: they wait, and deadlines tell."""

    setting: str

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(prepares=True)

    async def prepare(self, request: PaymentRequest) -> NoReturn:
        self._refuse(request)

    async def perform(self, request: PaymentRequest) -> NoReturn:
        self._refuse(request)

    async def inquire(self, request: PaymentRequest) -> NoReturn:
        self._refuse(request)

    def _refuse(self, request: PaymentRequest) -> NoReturn:
        raise Unreachable(f"{request.key}: {self.setting} is not set")
