"""The ledger in GraphQL: the trial balance and an order's account, for whom they are."""

from datetime import date

import pytest

from ports.accounts import AccountEntry, AccountTotals, OrderAccount, TrialBalance
from tests.api.scenes import NUMBER, PLACED

TRIAL = """query($asOf: Date) { trialBalance(asOf: $asOf) { currency
  accounts { account debits { amount } credits { amount } balance { text } }
  debits { amount } credits { amount } } }"""
ACCOUNT = """query($number: ID!) { orderAccount(number: $number) { order
  entries { at operation account amount { amount } balance { text } }
  balances { account balance { amount } } } }"""


async def test_the_trial_balance_is_told_to_finance(client, office):
    office.accounts.balances = [
        TrialBalance("USD", (AccountTotals("receivable", 150, 50), AccountTotals("tax", 0, 100)))
    ]
    answer = await client.graphql(TRIAL, {"asOf": "2026-11-21"}, role="finance")
    assert answer["data"]["trialBalance"] == [
        {
            "currency": "USD",
            "accounts": [
                {"account": "receivable", "debits": {"amount": 150}, "credits": {"amount": 50},
                 "balance": {"text": "1.00 USD"}},
                {"account": "tax", "debits": {"amount": 0}, "credits": {"amount": 100},
                 "balance": {"text": "-1.00 USD"}},
            ],
            "debits": {"amount": 150},
            "credits": {"amount": 150},
        }
    ]  # fmt: skip
    assert office.accounts.asked == [date(2026, 11, 21)]


async def test_an_order_has_its_account(client, office):
    entry = AccountEntry(PLACED, "sale", "receivable", 100, 100)
    office.accounts.orders[NUMBER] = OrderAccount(NUMBER, "USD", (entry,), {"receivable": 100})
    asked = {"number": f" {NUMBER.lower()} "}
    answer = await client.graphql(ACCOUNT, asked, role="supervisor")
    assert answer["data"]["orderAccount"] == {
        "order": NUMBER,
        "entries": [
            {"at": PLACED.isoformat(), "operation": "sale", "account": "receivable",
             "amount": {"amount": 100}, "balance": {"text": "1.00 USD"}}
        ],
        "balances": [{"account": "receivable", "balance": {"amount": 100}}],
    }  # fmt: skip


async def test_an_order_that_is_not_there_has_no_account(client):
    answer = await client.graphql(ACCOUNT, {"number": "NONE"}, role="developer")
    assert answer == {"data": {"orderAccount": None}}


@pytest.mark.parametrize("role", ["agent", "warehouse"])
async def test_the_ledger_is_not_for_everybody(client, role):
    for query, variables in ((TRIAL, {}), (ACCOUNT, {"number": NUMBER})):
        answer = await client.graphql(query, variables, role=role)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


CREDIT = "query($ref: String!) { storeCredit(customerRef: $ref) { amount currency } }"


async def test_a_customer_s_store_credit_is_told_to_staff(client):
    answer = await client.graphql(CREDIT, {"ref": "C-17"})
    assert answer["data"]["storeCredit"] == [{"amount": 500, "currency": "USD"}]
    assert (await client.graphql(CREDIT, {"ref": "C-18"}))["data"]["storeCredit"] == []
    refused = await client.graphql(CREDIT, {"ref": "C-17"}, role="warehouse")
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


TRANSFER = """mutation($input: TransferRegisterInput!) { transferRegister(input: $input) {
  result approval userErrors { code field } } }"""


async def test_of_what_a_customer_wrote_only_the_order_s_number_is_kept(client, office):
    given = {
        "reference": "B-1",
        "amount": 2600,
        "currency": "USD",
        "order": f"from Ana Ruiz for {NUMBER.lower()}",
        "idempotencyKey": "k",
    }
    await client.graphql(TRANSFER, {"input": given}, role="finance")
    body = {"amount": 2600, "currency": "USD", "order": NUMBER}
    assert office.back_office.done == {("ana", "k"): ("transfer_register", "B-1", body, "")}


async def test_an_unmatched_transfer_is_ended_by_its_own_acts(client, office):
    asked = (("SendBack", ', sentAs: "OUT-1"'), ("WriteOff", ""), ("Withdraw", ""))
    for name, more in asked:
        await client.graphql(
            f'mutation {{ transfer{name}(input: {{reference: "B-1"{more}, idempotencyKey: "{name}",'
            ' reason: "nobody\'s"}) { approval userErrors { code } } }',
            {},
            role="finance",
        )
    assert office.back_office.done == {
        ("ana", "SendBack"): ("transfer_send_back", "B-1", {"reference": "OUT-1"}, "nobody's"),
        ("ana", "WriteOff"): ("transfer_write_off", "B-1", {}, "nobody's"),
        ("ana", "Withdraw"): ("transfer_withdraw", "B-1", {"order": ""}, "nobody's"),
    }


async def test_a_transfer_is_withdrawn_from_the_order_that_is_named(client, office):
    given = f'reference: "B-1", order: "{NUMBER}", idempotencyKey: "k", reason: "typed wrong"'
    await client.graphql(
        f"mutation {{ transferWithdraw(input: {{{given}}}) {{ result userErrors {{ code }} }} }}",
        {},
        role="finance",
    )
    done = {("ana", "k"): ("transfer_withdraw", "B-1", {"order": NUMBER}, "typed wrong")}
    assert office.back_office.done == done
