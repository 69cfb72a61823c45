"""Who takes the cards of an order is stamped on it, and found again by that name."""

import json

import pytest

from adapters.payments.http_provider import HttpPaymentProvider
from adapters.payments.stripe_provider import StripePaymentProvider
from domain.payments import PaymentOperation
from domain.process import AuthorizationScope, ProcessDefinition
from orderloom.errors import Refused
from orderloom.payment import CAPTURES_ONCE, Unconfigured, payment_providers, stamped
from orderloom.process_file import read_process
from orderloom.settings import Settings
from ports.outside import PaymentRequest, Unreachable

REQUEST = PaymentRequest("X/authorize/1", PaymentOperation.AUTHORIZE, 100, "USD", "pm_1")


def test_what_the_api_stamps_is_what_the_adapters_can():
    adapters = {"http": HttpPaymentProvider, "stripe": StripePaymentProvider}
    assert {
        name: adapter.capabilities.captures_per_authorization == 1
        for name, adapter in adapters.items()
    } == CAPTURES_ONCE


def test_an_order_at_stripe_is_authorized_parcel_by_parcel():
    settings = Settings(payment_provider="stripe", stripe_key="sk_test_1")
    process = stamped(ProcessDefinition(), settings)
    assert process.payment_provider == "stripe"
    assert process.authorization_scope is AuthorizationScope.PARCEL
    assert stamped(process, Settings()) == ProcessDefinition()


def test_stripe_without_a_key_is_refused():
    with pytest.raises(Refused, match="stripe_key is not set"):
        Settings(payment_provider="stripe")


@pytest.mark.parametrize("name", ["payment_provider", "authorization_scope"])
def test_a_process_file_does_not_choose_the_provider(tmp_path, name):
    values = {"payment_provider": "stripe", "authorization_scope": "parcel"}
    file = tmp_path / "process.json"
    file.write_text(json.dumps({name: values[name]}))
    with pytest.raises(Refused, match=f"{name}: it follows from the settings"):
        read_process(file)


@pytest.mark.parametrize("timing", ["placement", "shipment"])
def test_a_process_file_chooses_when_a_card_is_captured(tmp_path, timing):
    file = tmp_path / "process.json"
    file.write_text(json.dumps({"payment_timing": timing}))
    assert read_process(file).payment_timing == timing


async def test_every_provider_is_there_whichever_is_chosen_for_new_orders():
    async with payment_providers(Settings(stripe_key="sk_test_1")) as found:
        kinds = {name: type(each) for name, each in found.items()}
        assert kinds == {"http": HttpPaymentProvider, "stripe": StripePaymentProvider}


async def test_a_provider_that_was_taken_out_of_the_settings_leaves_its_orders_waiting():
    async with payment_providers(Settings()) as found:
        stripe = found["stripe"]
        assert isinstance(stripe, Unconfigured)
        for call in (stripe.prepare, stripe.perform, stripe.inquire):
            with pytest.raises(Unreachable, match="stripe_key is not set"):
                await call(REQUEST)
