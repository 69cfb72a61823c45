"""What must be true of orders that went all the way, whatever happened to them."""

from collections import Counter

from tests.journeys.shop import Shop
from tests.journeys.stack import violations


async def assert_handled_once(shop: Shop, orders: list[str]) -> None:
    """Of closed orders paid by card: charged once and in full, each parcel shipped once, each order
    one workflow; and the auditor finds nothing, in our books and in those of the others.
    """
    assert len(set(orders)) == len(orders)
    placed = shop.stack.rows("SELECT number FROM customer_order")
    assert sorted(number for (number,) in placed) == sorted(orders)
    await shop.until_told()
    for number in orders:
        view = await shop.view(number)
        total = view["total"]["amount"]
        moved = [effect for effect in shop.effects(number) if effect[1] != "refused"]
        assert [effect for effect in moved if effect[0] == "authorize"] == [
            ("authorize", "authorized", total)
        ]
        captures = [amount for kind, _, amount in moved if kind == "capture"]
        assert (sum(captures), len(captures)) == (total, len(view["parcels"]))
        parcels = sorted(parcel["fulfillmentOrder"] for parcel in view["parcels"])
        assert shop.shipments(number) == parcels
    submitted = Counter(line["reference"] for line in shop.stack.journal("warehouse", "submitted"))
    assert max(submitted.values()) == 1
    report = await shop.stack.audit()
    assert violations(report) == []
    assert report["left_out"] == []
