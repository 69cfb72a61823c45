"""How an order is paid: declined and retried, confirmed at the bank, or paid at its channel."""

from tests.journeys.shop import Shop, asks_the_cardholder

AUTHORIZED, CAPTURED = ("authorize", "authorized", 1900), ("capture", "succeeded", 1900)


async def test_a_declined_customer_pays_with_another_card(shop: Shop):
    placed = await shop.place("PAY-1", payment={"method": "card", "source": "tok_declined"})
    view = await shop.until(
        placed.number, lambda view: "retry_payment" in view["process"]["possible"]
    )
    assert view["process"]["paymentStatus"] == "DECLINED"
    assert shop.shipments(placed.number) == []

    other_card = {"order": placed.number, "source": "tok_ok"}
    await shop.done(shop.agent, "orderRetryPayment", "retry-1", **other_card)
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert view["paymentStatus"] == "CAPTURED"
    assert shop.effects(placed.number) == [("authorize", "declined", 1900), AUTHORIZED, CAPTURED]


async def test_a_cardholder_confirms_at_the_bank_and_the_order_goes_on(shop: Shop):
    card = {"method": "card", "source": "tok_requires_action"}
    placed = await shop.place("PAY-2", payment=card)
    view = await shop.until(placed.number, asks_the_cardholder)
    [payment] = view["payments"]
    page = await shop.page(placed)
    assert payment["actionUrl"] in page.text

    provider_payment = payment["actionUrl"].rpartition("/")[2]
    challenge = f"/v1/payments/{provider_payment}/challenge"
    await shop.tell_simulator("payment", "POST", challenge, {"outcome": "passed"})
    await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert shop.effects(placed.number) == [
        ("authorize", "requires_action", 1900),
        ("challenge", "authorized", 1900),
        CAPTURED,
    ]


async def test_an_order_paid_at_its_channel_is_never_charged(shop: Shop):
    paid = {"method": "paid_at_channel", "reference": "till-17"}
    placed = await shop.place("PAY-3", payment=paid)
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert view["paymentStatus"] == "PAID_AT_CHANNEL"
    assert shop.effects(placed.number) == []
    assert len(shop.shipments(placed.number)) == 1
