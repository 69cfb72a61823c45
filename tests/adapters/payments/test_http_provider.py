"""Whose answer it is: only the provider's own words prove anything about an operation."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from adapters.http_party import HttpParty
from adapters.payments.http_provider import HttpPaymentProvider
from domain.payments import PaymentOperation as Op
from ports.outside import OutcomeUnknown, PaymentRequest, Unreachable

CAPTURE = PaymentRequest("O-F1/capture/1", Op.CAPTURE, 1000, "USD", payment="pay_1")
GATEWAYS = [
    web.Response(status=404, text="<html>no such route</html>", content_type="text/html"),
    web.json_response({"detail": "Not Found"}, status=404),
    web.json_response([], status=404),
    web.json_response({"error": "unknown_payment"}, status=404),
]


@pytest_asyncio.fixture(params=GATEWAYS)
async def gateway(request: pytest.FixtureRequest) -> AsyncIterator[HttpPaymentProvider]:
    answer: web.Response = request.param

    async def speak(_: web.Request) -> web.Response:
        return web.Response(
            status=answer.status, body=answer.body, content_type=answer.content_type
        )

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", speak)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    party = HttpParty(f"http://127.0.0.1:{port}", "k")
    yield HttpPaymentProvider(party)
    await party.close()
    await runner.cleanup()


async def test_not_found_by_somebody_else_proves_nothing(gateway: HttpPaymentProvider) -> None:
    """A capture would be asked for anew, and the card charged twice."""
    with pytest.raises(Unreachable, match="from somebody else"):
        await gateway.inquire(CAPTURE)


@pytest.mark.parametrize("gateway", GATEWAYS[:3], indirect=True)
async def test_a_gateways_refusal_is_no_decline(gateway: HttpPaymentProvider) -> None:
    with pytest.raises(OutcomeUnknown, match="from somebody else"):
        await gateway.perform(CAPTURE)
