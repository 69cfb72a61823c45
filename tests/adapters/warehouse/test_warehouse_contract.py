"""One suite for every warehouse behind the port: the fake, and the HTTP adapter against the
warehouse's simulator.
"""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fake_parties import FakeWarehouse

from adapters.http_party import HttpParty
from adapters.warehouse.http_warehouse import HttpWarehouse
from domain.order import LineUnits
from ports.outside import OutcomeUnknown, ParcelRequest, Warehouse

_parcels = itertools.count(1)
SHIP_TO = {
    "name": "Ana Ruiz",
    "line1": "1 Main St",
    "city": "Boston",
    "region": "MA",
    "postal_code": "02108",
    "country": "US",
    "phone": "",
}


@pytest_asyncio.fixture(params=["fake", "http"])
async def warehouse(request: pytest.FixtureRequest) -> AsyncIterator[Warehouse]:
    if request.param == "fake":
        yield FakeWarehouse()
    else:
        party = HttpParty(request.getfixturevalue("simulator_urls")["warehouse"], "sim_contract")
        yield HttpWarehouse(party)
        await party.close()


def parcel(units: int = 2) -> ParcelRequest:
    name = f"CONTRACT-F{next(_parcels)}"
    return ParcelRequest(name, "CONTRACT", "BOS", (LineUnits(1, "TEA", units),), SHIP_TO)


async def test_a_parcel_may_be_submitted_however_often(warehouse: Warehouse) -> None:
    wanted = parcel()
    await warehouse.submit(wanted)
    await warehouse.submit(wanted)


async def test_a_parcel_may_be_asked_back_however_often(warehouse: Warehouse) -> None:
    wanted = parcel()
    await warehouse.submit(wanted)
    await warehouse.request_cancel(wanted.fulfillment_order)
    await warehouse.request_cancel(wanted.fulfillment_order)


async def test_the_warehouse_holds_one_parcel_however_often_it_was_submitted(
    simulator_urls: dict[str, str],
) -> None:
    party = HttpParty(simulator_urls["warehouse"], "sim_contract")
    wanted = parcel(units=3)
    for _ in range(2):
        await HttpWarehouse(party).submit(wanted)
    known = (await party.question(f"/v1/fulfillment-orders/{wanted.fulfillment_order}")).json()
    assert known["reference"] == wanted.fulfillment_order
    assert known["lines"] == [{"line": 1, "sku": "TEA", "quantity": 3}]
    await party.close()


async def test_another_content_under_the_same_name_is_not_taken(
    simulator_urls: dict[str, str],
) -> None:
    party = HttpParty(simulator_urls["warehouse"], "sim_contract")
    wanted = parcel()
    await HttpWarehouse(party).submit(wanted)
    other = ParcelRequest(
        wanted.fulfillment_order, "CONTRACT", "BOS", (LineUnits(1, "TEA", 9),), SHIP_TO
    )
    with pytest.raises(OutcomeUnknown):
        await HttpWarehouse(party).submit(other)
    await party.close()


async def test_a_warehouse_that_is_down_leaves_the_outcome_unknown() -> None:
    party = HttpParty("http://127.0.0.1:9", "k")
    with pytest.raises(OutcomeUnknown):
        await HttpWarehouse(party).submit(parcel())
    await party.close()
