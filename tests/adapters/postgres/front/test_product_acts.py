"""Acts of staff on products and bundles: done once, with a trace, and refused whole."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from domain.acts import ActKind
from domain.errors import Malformed, StepRefused, UnknownSku

BUNDLES = "SELECT component, quantity FROM bundle_component WHERE bundle = 'POT' ORDER BY 1"


async def change_product(shop: Any, key: str = "k", sku: str = "POT", **body: Any) -> Any:
    return await shop.office.act(
        shop.supervisor, key, ActKind.PRODUCT_CHANGE, sku, body, "measured"
    )


def parts(**quantities: int) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]


async def test_a_product_is_weighed_and_measured(shop: Any) -> None:
    answer = await change_product(shop, weight_g=180, length_mm=70, width_mm=70, height_mm=80)
    assert answer.result["after"] == {
        "weight_g": 180, "length_mm": 70, "width_mm": 70, "height_mm": 80,
    }  # fmt: skip
    await change_product(shop, "2", weight_g=0)
    measures = "SELECT weight_g, length_mm FROM product WHERE sku = 'POT'"
    assert await shop.rows(measures) == [(None, 70)]
    with pytest.raises(Malformed):
        await change_product(shop, "3", weight_g=-1)


async def test_a_bundle_is_composed_changed_and_made_a_plain_product_again(shop: Any) -> None:
    answer = await change_product(shop, "1", components=parts(TEA=1, CUP=4))
    assert answer.result == {
        "before": {"components": {}},
        "after": {"components": {"CUP": 4, "TEA": 1}},
    }
    assert await shop.rows(BUNDLES) == [("CUP", 4), ("TEA", 1)]
    answer = await change_product(shop, "2", components=parts(TEA=2))
    assert answer.result["before"] == {"components": {"CUP": 4, "TEA": 1}}
    assert await shop.rows(BUNDLES) == [("TEA", 2)]
    await change_product(shop, "3", components=[])
    assert await shop.rows(BUNDLES) == []


@pytest.mark.parametrize(
    ("components", "refusal"),
    [
        (parts(POT=1), Malformed),
        (parts(TEA=0), Malformed),
        (parts(TEA=-1), Malformed),
        ([*parts(TEA=1), *parts(TEA=2)], Malformed),
        (parts(NONE=1), UnknownSku),
        ([{"sku": "TEA"}], Malformed),
        (parts(**{f"S{n}": 1 for n in range(101)}), Malformed),
    ],
)
async def test_what_no_bundle_can_be_is_refused(
    shop: Any, components: Any, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await change_product(shop, components=components, weight_g=5)
    assert await shop.rows(BUNDLES) == []
    assert await shop.rows("SELECT weight_g FROM product WHERE sku = 'POT'") == [(None,)]


async def test_a_bundle_is_never_a_component_so_that_nothing_contains_itself(shop: Any) -> None:
    await change_product(shop, "1", components=parts(TEA=1))
    with pytest.raises(StepRefused, match="POT is a bundle itself"):
        await change_product(shop, "2", "CUP", components=parts(POT=1))
    with pytest.raises(StepRefused, match="contains TEA"):
        await change_product(shop, "3", "TEA", components=parts(CUP=1))
    assert await shop.rows("SELECT bundle, component FROM bundle_component") == [("POT", "TEA")]


async def test_two_who_nest_bundles_in_one_another_at_once_do_not_both_succeed(shop: Any) -> None:
    done = await asyncio.gather(
        change_product(shop, "1", "POT", components=parts(TEA=1)),
        change_product(shop, "2", "TEA", components=parts(POT=1)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["ActAnswer", "StepRefused"]
    assert await shop.count("bundle_component") == 1


async def test_what_has_stock_does_not_become_a_bundle(shop: Any) -> None:
    await shop.run("INSERT INTO stock (sku, location, on_hand) VALUES ('POT', 'BOS', 5)")
    with pytest.raises(StepRefused, match="stock of its own"):
        await change_product(shop, components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == []


async def test_what_is_to_come_does_not_become_a_bundle_until_it_came_or_was_given_up(
    shop: Any,
) -> None:
    coming = {"location": "BOS", "reference": "PO-1"}

    async def act(kind: ActKind, **body: Any) -> None:
        asked = {**coming, **body}
        await shop.office.act(shop.warehouse, kind.value, kind, "POT", asked, "as told")

    await act(ActKind.SUPPLY_EXPECT, quantity=5, available_on="2099-01-01")
    with pytest.raises(StepRefused, match="POT is still to come, as PO-1 for BOS"):
        await change_product(shop, components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == []
    await act(ActKind.SUPPLY_END)
    await change_product(shop, "again", components=parts(TEA=1))
    assert await shop.rows(BUNDLES) == [("TEA", 1)]


async def test_a_bundle_that_is_being_made_is_seen_by_who_expects_units_of_it(shop: Any) -> None:
    body = {"location": "BOS", "reference": "PO-1", "quantity": 5, "available_on": "2099-01-01"}
    async with shop.engine.begin() as other:
        await other.execute(text("SELECT FROM product WHERE sku = 'POT' FOR UPDATE"))
        await other.execute(text("INSERT INTO bundle_component VALUES ('POT', 'TEA', 1)"))
        expecting = asyncio.create_task(
            shop.office.act(shop.warehouse, "e", ActKind.SUPPLY_EXPECT, "POT", body, "as told")
        )
        await shop.somebody_waits()
    with pytest.raises(Malformed, match="POT is a bundle"):
        await expecting
    assert await shop.count("supply") == 0


async def test_a_new_product_is_made_with_its_components(shop: Any) -> None:
    answer = await change_product(
        shop, "k", "SET", new=True, name="Set", tax_category="food", weight_g=5,
        components=parts(TEA=1, CUP=2),
    )  # fmt: skip
    assert answer.result == {
        "before": {"components": {}},
        "after": {
            "name": "Set", "tax_category": "food", "weight_g": 5,
            "components": {"TEA": 1, "CUP": 2},
        },
    }  # fmt: skip
    assert await shop.rows(
        "SELECT name, category, tax_category FROM product WHERE sku = 'SET'"
    ) == [("Set", "", "food")]
    assert await shop.count("bundle_component") == 2
    renamed = await change_product(shop, "r", "SET", name="Tea set", category="gifts")
    assert renamed.result["after"] == {"name": "Tea set", "category": "gifts"}


@pytest.mark.parametrize(
    ("sku", "body", "message"),
    [
        ("NEW", {"weight_g": 5}, "a new product needs name"),
        ("", {"name": "x"}, "the name of a product is 1 to 200"),
        ("x" * 201, {"name": "x"}, "the name of a product is 1 to 200"),
    ],
)
async def test_a_product_that_lacks_something_is_not_made(
    shop: Any, sku: str, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        await change_product(shop, sku=sku, new=True, **body)
    assert await shop.count("product") == 3
    assert await shop.count("audit") == 0
