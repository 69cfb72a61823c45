"""Review: rules approve, hold or reject; people decide what is held."""

from datetime import timedelta
from typing import Any

from activities.messages import CommandCall, Step
from activities.orders import OrderActivities
from adapters.postgres.engine import PostgresDatabase
from adapters.rules.zen_rules import ZenReviewRules
from domain.commands import CommandKind
from ports.front_office import RequestedLine

LARGE = (RequestedLine("POT", 2, 40000),)


async def test_a_held_order_waits_for_an_agent_and_goes_on_when_approved(shop: Any) -> None:
    number = await shop.place(lines=LARGE)
    view = await shop.until_status(number, "IN_REVIEW")
    assert list(view.holds) == ["review"]
    assert shop.provider.effects == {}
    assert await shop.tasks() == [("the amount is above the limit for automatic approval", "agent")]

    assert await shop.command(shop.agent, CommandKind.APPROVE, number, reason="known") == ""

    await shop.until_submitted(f"{number}-F1")
    assert await shop.tasks() == []
    audit = await shop.rows("SELECT principal, act, reason, outcome FROM audit")
    assert audit == [("ana", "approve", "known", "DONE")]


async def test_a_rejected_order_ends_without_stock_or_money_moved(shop: Any) -> None:
    number = await shop.place(lines=LARGE)
    await shop.until_status(number, "IN_REVIEW")

    assert await shop.command(shop.agent, CommandKind.REJECT, number, reason="fraud") == ""

    assert (await shop.handle(number).result())["status"] == "REJECTED"
    assert await shop.stock() == {}
    assert shop.provider.effects == {}


async def test_a_rejection_owes_a_reason(shop: Any) -> None:
    number = await shop.place(lines=LARGE)
    await shop.until_status(number, "IN_REVIEW")

    assert await shop.command(shop.agent, CommandKind.REJECT, number) == "STEP_REFUSED"
    assert (await shop.view(number)).status == "IN_REVIEW"


async def test_a_review_left_alone_rises_to_a_supervisor_and_can_still_be_approved(
    shop: Any,
) -> None:
    number = await shop.place(lines=LARGE)
    await shop.until_status(number, "IN_REVIEW")

    await shop.env.sleep(timedelta(hours=25))
    assert [owner for _, owner in await shop.tasks()] == ["supervisor"]

    assert await shop.command(shop.supervisor, CommandKind.APPROVE, number) == ""
    await shop.until_submitted(f"{number}-F1")
    assert await shop.tasks() == []


async def test_a_price_far_off_the_list_is_held_for_a_supervisor(shop: Any) -> None:
    number = await shop.place(lines=(RequestedLine("TEA", 1, 900),))
    view = await shop.until_status(number, "IN_REVIEW")
    assert view.holds["review"].owner == "supervisor"


async def test_the_blocked_customer_is_rejected_by_rule(shop: Any) -> None:
    async with shop.engine.begin() as connection:
        from sqlalchemy import text

        await connection.execute(text("INSERT INTO customer VALUES ('C-9', '', true)"))
    number = await shop.place(customer_ref="C-9")
    assert (await shop.handle(number).result())["status"] == "REJECTED"
    assert await shop.stock() == {}


async def test_an_unknown_act_does_not_kill_the_order(shop: Any) -> None:
    number = await shop.place(lines=LARGE)
    await shop.until_status(number, "IN_REVIEW")
    assert await shop.command(shop.supervisor, CommandKind.RETRY_STOCK, number) == "STEP_REFUSED"
    assert await shop.command(shop.agent, CommandKind.APPROVE, number) == ""
    assert (
        await shop.command(shop.agent, CommandKind.APPROVE, number) == "STEP_REFUSED"
    )  # a second agent comes too late


async def test_a_decision_whose_process_never_heard_of_it_is_told_again(shop: Any) -> None:
    """The worker dies after the approval is committed and before the engine has its update: the
    books say approved, the workflow waits. The sweeper tells it again.
    """
    number = await shop.place(lines=LARGE)
    view = await shop.until_status(number, "IN_REVIEW")
    accepted = await shop.commands.accept(
        shop.agent, "lost", CommandKind.APPROVE, number, {"reason": "known"}
    )
    lost = CommandCall(Step(number, f"command/{accepted.command.id}", view.seq), accepted.command)
    await OrderActivities(PostgresDatabase(shop.engine), ZenReviewRules()).command(lost)
    assert (await shop.view(number)).status == "APPROVED"
    assert (await shop.live(number)).status == "IN_REVIEW"

    await shop.run("UPDATE command SET created_at = created_at - interval '1 minute'")
    [again] = await shop.commands.undelivered(10)
    await shop.desk.command(number, again.command)
    await shop.commands.heard(again.command.id)

    await shop.until_submitted(f"{number}-F1")
    assert await shop.commands.undelivered(10) == []
    kinds = [row[0] for row in await shop.rows("SELECT kind FROM journal ORDER BY seq")]
    assert kinds.count("Approved") == 1
    assert await shop.rows("SELECT act FROM audit") == [("approve",)]
