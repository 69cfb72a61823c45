"""Where a setting comes from, and which are refused."""

import json
import re

import pytest

from domain.process import ProcessDefinition
from domain.rounding import Rounding
from orderloom.errors import Refused
from orderloom.home import Home, HomeKind, write_json
from orderloom.process_file import read_process
from orderloom.settings import load_settings, part_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = Home.create(tmp_path / "home", HomeKind.SIMULATED)
    monkeypatch.setenv("ORDERLOOM_HOME", str(home.path))
    return home


def test_the_environment_beats_settings_json_beats_the_supervisor_beats_the_default(
    home, monkeypatch
):
    seen = [load_settings().api_port]
    write_json(home.addresses_file, {"api_port": 8001})
    seen.append(load_settings().api_port)
    write_json(home.settings_file, {"api_port": 8002})
    seen.append(load_settings().api_port)
    monkeypatch.setenv("ORDERLOOM_API_PORT", "8003")
    seen.append(load_settings().api_port)
    assert seen == [8000, 8001, 8002, 8003]


def test_the_keys_of_the_home_are_its_settings(home):
    settings, keys = load_settings(), home.keys()
    assert settings.kind is HomeKind.SIMULATED
    assert settings.server_key.get_secret_value() == keys["server_key"]
    assert settings.payment_key.get_secret_value() == keys["simulator_keys"]["payment"]
    carrier = settings.webhook_secrets["carrier"].get_secret_value()
    assert carrier == keys["webhook_secrets"]["carrier"]


def test_one_secret_from_the_environment_leaves_the_others_of_the_home(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_WEBHOOK_SECRETS", json.dumps({"carrier": "whsec_mine"}))
    secrets = load_settings().webhook_secrets
    assert secrets["carrier"].get_secret_value() == "whsec_mine"
    assert secrets["payment"].get_secret_value() == home.keys()["webhook_secrets"]["payment"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_database_url_is_normalised_to_the_driver(home, monkeypatch, scheme):
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://me:secret@db/orders")
    settings = part_settings()
    assert settings.database_url == "postgresql+psycopg://me:secret@db/orders"
    assert "me:secret" not in repr(settings)


def test_the_public_url_follows_host_and_port_unless_it_is_set(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_API_HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("ORDERLOOM_API_PORT", "8123")
    assert load_settings().public_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("ORDERLOOM_PUBLIC_URL", "https://orders.example")
    assert load_settings().public_url == "https://orders.example"


def test_a_key_of_a_simulator_is_refused_in_a_real_home(tmp_path, monkeypatch):
    real = Home.create(tmp_path / "real", HomeKind.REAL)
    monkeypatch.setenv("ORDERLOOM_PAYMENT_KEY", "sim_123")
    with pytest.raises(Refused, match="payment_key is a simulator's key"):
        load_settings(home=real.path)


def test_a_real_key_is_refused_in_a_simulated_home(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_PAYMENT_KEY", "sk_live_123")
    with pytest.raises(Refused, match="payment_key is not a simulator's key") as refusal:
        load_settings()
    assert "sk_live_123" not in str(refusal.value)


def test_a_misspelt_setting_is_refused_by_name(home):
    write_json(home.settings_file, {"api_prot": 1})
    with pytest.raises(Refused, match="api_prot"):
        load_settings()


def test_every_setting_at_fault_is_named_in_one_line(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_LOG_LEVEL", "loud")
    monkeypatch.setenv("ORDERLOOM_API_PORT", "hidden-word")
    with pytest.raises(
        Refused, match=r"^The settings are not usable\. api_port: .*; log_level: .*[.]$"
    ):
        load_settings()


def test_a_dictionary_in_the_environment_that_is_no_json_is_refused_by_name(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_WEBHOOK_SECRETS", "hidden-word")
    with pytest.raises(Refused, match='"webhook_secrets"') as refusal:
        load_settings()
    assert "hidden-word" not in str(refusal.value)


def test_a_malformed_value_is_refused_without_showing_it(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_WEBHOOK_SECRETS", json.dumps({"carrier": ["whsec_mine"]}))
    with pytest.raises(Refused, match="webhook_secrets") as refusal:
        load_settings()
    assert "whsec_mine" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"return_windw": 60}', "return_windw: there is no such name."),
        ('{"review_rules": "strict"}', "review_rules: there is no such name."),
        ('{"return_window": "long"}', "return_window: it is no number."),
        ('{"return_window": "60"}', "return_window: it is no number."),
        ('{"return_window": NaN}', "return_window: it is no number."),
        ('{"return_window": 1e999}', "return_window: it is no number."),
        ('{"return_window": 315360001}', "return_window: it is over 10 years (it counts seconds)."),
        ('{"ship_within": -1}', "ship_within: it is below zero."),
        ('{"version": 1.5}', "version: it is no whole number."),
        ('{"name": 7}', "name: it is no text."),
        (
            '{"rounding": "up"}',
            "rounding: it is none of the words that the operator's guide lists.",
        ),
        (
            '{"ship_within": null, "shp_within": 1}',
            "ship_within: it is no number; shp_within: there is no such name.",
        ),
        ('{"return_auto_approve_max": 1000000000000000000000}', "return_auto_approve_max: it is"),
        ("[]", "It is no JSON object."),
        ("{", "Invalid JSON: EOF"),
        ("", "Invalid JSON: EOF"),
    ],
)
def test_a_process_definition_that_cannot_be_meant_is_refused_by_name(home, written, said):
    file = home.path / "process.json"
    file.write_text(written)
    refused = re.escape(f"The process definition {file} is not usable. {said}")
    with pytest.raises(Refused, match=f"^{refused}"):
        load_settings(home=home.path, process_definition=file)


def test_a_process_definition_may_name_the_rounding_rule_of_its_orders(home):
    file = home.path / "process.json"
    file.write_text('{"rounding": "half_even"}')
    assert read_process(file) == ProcessDefinition(rounding=Rounding.HALF_EVEN)


def test_a_process_definition_that_is_not_there_is_refused_by_its_path(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_PROCESS_DEFINITION", "/nonexistent")
    said = "^The process definition /nonexistent is not usable. No such file or directory.$"
    with pytest.raises(Refused, match=said):
        load_settings()
    monkeypatch.setenv("ORDERLOOM_PROCESS_DEFINITION", str(home.path))
    with pytest.raises(Refused, match="Is a directory"):
        load_settings()


def test_a_duration_of_ten_years_is_taken(home):
    file = home.path / "process.json"
    file.write_text('{"return_window": 315360000, "ship_within": 0.5}')
    assert read_process(file) == ProcessDefinition(return_window=315_360_000, ship_within=0.5)


def test_a_process_definition_overrides_only_what_its_file_names(home):
    file = home.path / "process.json"
    file.write_text('{"version": 2, "return_window": 60}')
    assert read_process(file) == ProcessDefinition(version=2, return_window=60)


SECRET = "whsec_" + "c2VjcmV0" * 4


def test_an_address_for_events_comes_with_the_secret_they_are_signed_with(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_EVENT_URL", "https://shop.example/events")
    monkeypatch.setenv("ORDERLOOM_EVENT_SECRET", SECRET)
    settings = load_settings()
    assert settings.event_url == "https://shop.example/events"
    assert settings.event_secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings)


def test_an_address_for_events_without_a_secret_is_refused(home, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_EVENT_URL", "https://shop.example/events")
    monkeypatch.setenv("ORDERLOOM_EVENT_SECRET", "")  # as compose gives what is not set
    with pytest.raises(Refused, match="event_url is set and event_secret is not") as refusal:
        load_settings()
    assert "openssl rand -base64 24" in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "shop.example/events",
        "ftp://shop.example/events",
        "https:///events",
        "https://shop.example:70000/",
        "https://me:hidden-word@shop.example/events",
    ],
)
def test_an_address_that_no_event_can_be_sent_to_is_refused_by_name(home, url):
    with pytest.raises(Refused, match="event_url") as refusal:
        load_settings(event_url=url, event_secret=SECRET)
    assert "hidden-word" not in str(refusal.value)


@pytest.mark.parametrize(
    "secret", ["hidden-word", "whsec_aGlkZGVu", SECRET.removeprefix("whsec_"), SECRET + "c"]
)
def test_a_secret_that_nothing_can_be_signed_with_is_refused_without_showing_it(home, secret):
    with pytest.raises(Refused, match="event_secret") as refusal:
        load_settings(event_secret=secret)
    assert secret not in str(refusal.value)


def test_a_part_refuses_to_start_without_a_database(home):
    with pytest.raises(Refused, match="No database is known"):
        part_settings()


def test_a_part_refuses_to_start_without_a_server_key(tmp_path, monkeypatch):
    monkeypatch.setenv("ORDERLOOM_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/orders")
    with pytest.raises(Refused, match="No server key is known"):
        part_settings()
