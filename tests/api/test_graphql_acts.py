"""Acts of staff: asked of the books as they were given; some wait for a second person."""

from domain.acts import ActKind


async def test_an_act_on_stock_is_asked_of_the_books_as_it_was_given(client, office):
    answer = await client.graphql(
        """mutation { stockRegrade(input: {
             sku: "TEA", location: "BOS", units: 2, before: ON_HAND, after: DAMAGED,
             idempotencyKey: "k", reason: "wet"
           }) { result approval userErrors { code } } }""",
        role="warehouse",
    )
    assert answer["data"]["stockRegrade"] == {
        "result": {"did": "stock_regrade"}, "approval": None, "userErrors": []
    }  # fmt: skip
    assert office.back_office.done == {
        ("ana", "k"): (
            ActKind.STOCK_REGRADE,
            "TEA",
            {"location": "BOS", "units": 2, "before": "on_hand", "after": "damaged"},
            "wet",
        )
    }


async def test_an_act_that_needs_a_second_person_says_so_and_nothing_is_done(client, office):
    office.back_office.second_person = "7"
    answer = await client.graphql(
        """mutation { stockCount(input: {
             sku: "TEA", location: "BOS", counted: 900, idempotencyKey: "k", reason: "new shelf"
           }) { result approval userErrors { code } } }""",
        role="warehouse",
    )
    assert answer["data"]["stockCount"] == {"result": None, "approval": "7", "userErrors": []}


async def test_who_may_not_act_is_told_so(client, office):
    answer = await client.graphql(
        """mutation { approvalApprove(input: {approval: "7", idempotencyKey: "k"}) {
             result userErrors { code message } } }""",
        role="developer",
    )
    [error] = answer["data"]["approvalApprove"]["userErrors"]
    assert error["code"] == "FORBIDDEN"
    assert office.back_office.done == {}
