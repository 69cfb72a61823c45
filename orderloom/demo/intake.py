"""A basket as the order that a web shop hands in (docs/contracts.md), with made-up people.

The data set has households without names: names, streets and mail addresses are drawn by seed from
lists that no person stands behind (example.com, 555-01xx numbers).
"""

from typing import Any

from orderloom.demo.chance import chance
from orderloom.demo.geography import POSTAL_CODES, City
from orderloom.demo.journey import Basket, Line
from orderloom.demo.stories import Story

SHIPPING, SHIPPING_FREE_FROM = 599, 3_500  # cents
FIRST_NAMES = "Ana Ben Chloe Diego Emma Farid Grace Hugo Iris Jamal Kira Liam Mei Noah Olga Priya"
LAST_NAMES = "Ruiz Young Adams Baker Chen Diaz Evans Fischer Garcia Hill Ito Jones Khan Lopez"
STREETS = "Main Oak Maple Park Cedar Elm Lake Hill Pine Washington River Sunset Church Spring"
CARDS = {
    Story.DECLINED_RETRIED: "tok_declined",
    Story.DECLINED_CANCELED: "tok_declined",
    Story.CHALLENGED: "tok_requires_action",
}
CARD = "tok_ok"


def intake_body(basket: Basket, story: Story, home: City, seed: int) -> dict[str, Any]:
    """Everything but `placed_at`, which is when it is handed in."""
    person = _person(basket.household, home, seed)
    goods = sum(line.unit_price * line.quantity - line.discount for line in basket.lines)
    return {
        "order": f"WEB-{basket.id}",
        "currency": "USD",
        "customer": {
            "ref": customer_ref(basket.household),
            "name": person["name"],
            "email": f"household-{basket.household}@example.com",
            "phone": person["phone"],
        },
        "ship_to": {key: text for key, text in person.items() if key != "phone"},
        "lines": [_line(line) for line in basket.lines],
        "shipping": 0 if goods >= SHIPPING_FREE_FROM else SHIPPING,
        "payment": _payment(basket, story),
    }


def customer_ref(household: int) -> str:
    return f"H-{household}"


def sku(product: int) -> str:
    return str(product)


def _line(line: Line) -> dict[str, Any]:
    return {
        "sku": sku(line.product),
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discount": line.discount,
    }


def _payment(basket: Basket, story: Story) -> dict[str, str]:
    if story is Story.PAID_AT_CHANNEL:
        return {"method": "paid_at_channel", "reference": f"pay-{basket.id}"}
    return {"method": "card", "source": CARDS.get(story, CARD)}


def _person(household: int, home: City, seed: int) -> dict[str, str]:
    draw = chance(seed, "person", household)
    name = f"{draw.choice(FIRST_NAMES.split())} {draw.choice(LAST_NAMES.split())}"
    return {
        "name": name,
        "line1": f"{draw.randrange(1, 900)} {draw.choice(STREETS.split())} St",
        "city": home.name,
        "region": home.state,
        "postal_code": POSTAL_CODES[home.state],
        "country": "US",
        "phone": f"+1 212 555 01{draw.randrange(100):02d}",
    }
