"""Orders from the channel's message to their end, through HTTP alone."""

import asyncio

from tests.journeys.shop import Shop, asks_the_cardholder, kinds, order_body, reasons

DEAR = [{"sku": "TEA", "quantity": 1, "unit_price": 700}]  # 40 % above the list


async def test_an_order_goes_from_the_intake_to_closed(shop: Shop):
    placed = await shop.place("WEB-1")
    assert placed.tracking_url.startswith(f"{shop.url}/t/")
    view = await shop.until_status(placed.number, "CLOSED")
    [parcel] = view["parcels"]
    name = parcel["fulfillmentOrder"]

    assert view["paymentStatus"] == "CAPTURED"
    assert (parcel["location"], parcel["status"]) == ("NYC", "DELIVERED")
    assert [line["delivered"] for line in view["lines"]] == [2, 1]
    assert shop.effects(placed.number) == [
        ("authorize", "authorized", 1900),
        ("capture", "succeeded", 1900),
    ]
    assert shop.shipments(placed.number) == [name]
    assert reasons(view) == {
        "NYC": "has every unit",
        "BOS": "has only 2 of 3 units",
        "AUS": "has only 1 of 3 units",
    }
    told = [entry["kind"] for entry in view["timeline"] if entry["source"] == "journal"]
    assert told == [
        *("Reviewed", "Sourced", "PaymentMoved", "Submitted", "Shipped", "PaymentMoved"),
        *("Delivered", "Completed", "Closed"),
    ]
    page = await shop.page(placed)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    tracking_number = parcel["packages"][0]["trackingNumber"]
    for content in (placed.number, "TEA", "CUP", "$19.00", tracking_number, "Delivered"):
        assert content in page.text, content
    assert "Ana Ruiz" not in page.text


async def test_a_held_order_goes_on_when_an_agent_approves(shop: Shop):
    placed = await shop.place("WEB-2", lines=DEAR)
    view = await shop.until(placed.number, lambda view: "approve" in view["process"]["possible"])
    assert view["process"]["status"] == "IN_REVIEW"
    [wait] = view["process"]["waits"]
    assert (wait["owner"], wait["queued"]) == ("supervisor", True)
    assert shop.effects(placed.number) == []

    await shop.done(shop.agent, "orderApprove", "approve-2", order=placed.number, reason="agreed")
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert shop.effects(placed.number) == [
        ("authorize", "authorized", 700),
        ("capture", "succeeded", 700),
    ]
    [approved] = [entry for entry in view["timeline"] if entry["kind"] == "Approved"]
    assert approved["by"] == "ana"


async def test_a_rejected_order_moves_neither_money_nor_goods(shop: Shop):
    placed = await shop.place("WEB-3", lines=DEAR)
    await shop.until_status(placed.number, "IN_REVIEW")
    rejecting = {"order": placed.number, "reason": "a mistake of the channel"}
    await shop.done(shop.agent, "orderReject", "reject-3", **rejecting)
    view = await shop.until_status(placed.number, "REJECTED")
    assert kinds(view) == ["Reviewed", "Rejected"]
    assert shop.effects(placed.number) == []
    assert shop.shipments(placed.number) == []


async def test_a_customer_cancels_and_gets_stock_and_money_back(shop: Shop):
    card = {"method": "card", "source": "tok_requires_action"}
    placed = await shop.place("WEB-4", payment=card)
    await shop.until(placed.number, asks_the_cardholder)
    assert "Confirm the payment" in (await shop.page(placed)).text

    answer = await shop.http.post(f"{placed.tracking_url}/cancel", data={"key": "cancel-4"})
    assert answer.status_code == 303
    view = await shop.until(placed.number, lambda view: view["paymentStatus"] == "VOIDED")
    assert view["status"] == "CANCELED"
    assert [kind for kind, *_ in shop.effects(placed.number)] == ["authorize", "void"]
    assert shop.shipments(placed.number) == []
    held = "SELECT count(*) FROM reservation WHERE order_number = %s AND state = 'HARD'"
    assert shop.stack.rows(held, placed.number) == [(0,)]


async def test_the_same_message_twice_is_one_order(shop: Shop):
    body = order_body("WEB-5")
    both = [shop.send("/intake/web", body, message="msg-WEB-5") for _ in range(2)]
    answers = [*await asyncio.gather(*both), await shop.send("/intake/web", body, message="again")]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len({answer.text for answer in answers}) == 1
    orders = "SELECT number FROM customer_order WHERE channel_ref = 'WEB-5'"
    [(number,)] = shop.stack.rows(orders)
    await shop.until_status(number, "COMPLETED", "CLOSED")
    assert [kind for kind, *_ in shop.effects(number)] == ["authorize", "capture"]


async def test_one_key_has_one_effect_and_one_body(shop: Shop):
    placed = await shop.place("WEB-6", lines=DEAR)
    await shop.until_status(placed.number, "IN_REVIEW")
    approve = {"order": placed.number, "reason": "agreed"}
    await asyncio.gather(
        *(shop.done(shop.agent, "orderApprove", "approve-6", **approve) for _ in range(2))
    )
    other = {**approve, "reason": "something else"}
    refusal = await shop.agent.do("orderApprove", "approve-6", **other)
    assert refusal is not None
    assert refusal.code == "KEY_CONFLICT"
    view = await shop.until_status(placed.number, "COMPLETED", "CLOSED")
    assert kinds(view).count("Approved") == 1
    audited = "SELECT count(*) FROM audit WHERE subject = %s"
    assert shop.stack.rows(audited, placed.number) == [(1,)]
