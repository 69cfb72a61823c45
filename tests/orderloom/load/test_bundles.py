"""Loading what products measure, and what bundles are made of."""

import psycopg
import pytest

PRODUCTS = "sku,name\nBOX,Gift box\nSET,Tea set\nTEA,Tea\nCUP,Cup\n"
BUNDLES = "SELECT bundle, component, quantity FROM bundle_component ORDER BY 1, 2"
HEADER = "bundle,component,quantity\n"
LOCATION = "id,name,country\nL1,Boston,US\n"


@pytest.fixture
def goods(shop):
    shop.load(PRODUCTS, LOCATION)
    return shop


def test_a_product_has_a_weight_and_dimensions_where_they_are_known(shop):
    header = "sku,name,weight_g,length_mm,width_mm,height_mm\n"
    assert shop.verdicts(header + "A,Apple,180,70,70,80\nB,Bread,,,,\nC,Cheese,0,1,1,1\n") == (
        {"added": 2, "refused": 1},
        {4: "weight_g is 0"},
    )
    measures = "SELECT sku, weight_g, length_mm, width_mm, height_mm FROM product ORDER BY sku"
    assert shop.rows(measures) == [("A", 180, 70, 70, 80), ("B", None, None, None, None)]
    assert shop.verdicts("sku,name\nA,Pear\n") == ({"changed": 1}, {})
    assert shop.rows(measures)[0] == ("A", 180, 70, 70, 80)


def test_a_bundle_is_loaded_and_changed_component_by_component(goods):
    assert goods.verdicts(HEADER + "SET,TEA,1\nSET,CUP,4\n") == ({"added": 2}, {})
    assert goods.verdicts(HEADER + "SET,TEA,2\nSET,CUP,4\n") == (
        {"changed": 1, "unchanged": 1},
        {},
    )
    assert goods.rows(BUNDLES) == [("SET", "CUP", 4), ("SET", "TEA", 2)]


def test_a_bundle_of_nothing_of_itself_or_of_what_is_not_there_is_refused(goods):
    assert goods.verdicts(HEADER + "SET,TEA,0\nSET,SET,1\nSET,POT,1\nPOT,TEA,1\n") == (
        {"refused": 4},
        {
            2: "quantity is 0",
            3: "SET is a bundle itself",
            4: "there is no product POT",
            5: "there is no product POT",
        },
    )
    assert goods.rows(BUNDLES) == []


def test_a_bundle_is_never_a_component_so_that_nothing_contains_itself(goods):
    goods.load(HEADER + "SET,TEA,1\n")
    assert goods.verdicts(HEADER + "BOX,SET,1\nTEA,CUP,1\n") == (
        {"refused": 2},
        {2: "SET is a bundle itself", 3: "TEA is a component of another bundle"},
    )
    assert goods.rows(BUNDLES) == [("SET", "TEA", 1)]


def test_a_circle_within_one_file_is_refused(goods):
    counts, _ = goods.verdicts(HEADER + "BOX,SET,1\nSET,TEA,1\nTEA,BOX,1\n")
    assert counts == {"refused": 3}
    assert goods.rows(BUNDLES) == []


def test_a_bundle_has_no_stock_of_its_own(goods):
    goods.load(HEADER + "SET,TEA,1\n")
    assert goods.verdicts("sku,location,on_hand\nSET,L1,5\nTEA,L1,5\n") == (
        {"added": 1, "refused": 1},
        {2: "SET is a bundle, which has no stock of its own"},
    )
    assert goods.rows("SELECT sku FROM stock") == [("TEA",)]


def test_what_has_stock_does_not_become_a_bundle_before_it_is_counted_to_zero(goods):
    goods.load("sku,location,on_hand\nSET,L1,5\n")
    assert goods.verdicts(HEADER + "SET,TEA,1\n") == (
        {"refused": 1},
        {2: "SET has stock of its own, which a bundle has not"},
    )
    goods.load("sku,location,on_hand\nSET,L1,0\n")
    assert goods.verdicts(HEADER + "SET,TEA,1\n") == ({"added": 1}, {})


def test_what_is_to_come_does_not_become_a_bundle_before_its_supply_is_ended(goods):
    supply = "kind,reference,sku,location,available_on,quantity\ninbound,PO-1,SET,L1,2026-11-30,5\n"
    goods.load(supply)
    assert goods.verdicts(HEADER + "SET,TEA,1\n") == (
        {"refused": 1},
        {2: "SET is still to come, which a bundle never is"},
    )
    assert goods.rows(BUNDLES) == []
    goods.execute("UPDATE supply SET received = quantity")
    assert goods.verdicts(HEADER + "SET,TEA,1\n") == ({"added": 1}, {})


def test_a_product_that_is_being_made_a_bundle_is_waited_for(goods):
    """Two loads at once: whoever is second sees what the first has done."""
    url = goods.database_url.replace("+psycopg", "")
    with psycopg.connect(url) as other:
        other.execute("SELECT FROM product WHERE sku = 'SET' FOR UPDATE")
        other.execute("INSERT INTO bundle_component VALUES ('SET', 'TEA', 1)")
        with psycopg.connect(url) as waiting:
            waiting.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                waiting.execute("SELECT FROM product WHERE sku = 'SET' FOR KEY SHARE")
