"""What docker-compose.yml and Dockerfile promise: pinned, checked, without rights and secrets."""

import json
import re

import pytest

from orderloom.embedded.temporal import RETENTION_SECONDS, SEARCH_ATTRIBUTES
from orderloom.settings import Settings
from tests.compose.composition import ROOT, composition, demanded, example, raw

OURS = {"migrate", "api", "worker", "relay", "payment", "warehouse", "carrier"}
ONCE = {"migrate", "temporal-schema", "temporal-namespace"}
SIMULATORS = {"payment", "warehouse", "carrier"}
SERVICES = raw()["services"]
SECRETS = re.compile(r"PASSWORD|SECRET|_KEY|_PWD|DATABASE_URL")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


class Gaps(dict):
    """A value for every gap of .env.example."""

    def __missing__(self, name: str) -> str:
        return f"filled-{name.lower()}"


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name):
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"orderloom:\$\{ORDERLOOM_TAG:-local\}|[\w/-]+:\d+\.\d+(\.\d+)?", image)


def test_the_image_of_ours_is_pinned_and_runs_only():
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", DOCKERFILE, re.MULTILINE)
    assert [name for _, name in stages] == ["build", ""]
    assert {image for image, _ in stages} == {"python:3.11.14-slim-bookworm"}
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert "pip uninstall" in last
    assert "install --no-cache" not in last
    assert re.search(r"^USER orderloom$", last, re.MULTILINE)
    assert "--require-hashes requirements/base.txt" in DOCKERFILE


def test_the_image_has_every_package_that_the_distribution_has_and_the_simulators():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^packages = (\[.*?\])$", text, re.MULTILINE)
    copied = set(re.findall(r"^COPY (\w+) \w+$", DOCKERFILE, re.MULTILINE))
    assert copied == {*json.loads(listed[1]), "simulators"}
    admitted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in admitted if line.startswith("!")} == {
        *copied, "requirements/base.txt", "pyproject.toml", "README.md",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_run_without_rights_on_a_root_that_nothing_writes_to(name):
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - in the container
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_what_runs_once_ends_and_what_serves_comes_back(name):
    restart = SERVICES[name]["restart"]
    assert restart.startswith("on-failure:") if name in ONCE else restart == "unless-stopped"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE - SIMULATORS))
def test_whatever_serves_has_a_health_check(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_everything_starts_after_what_it_needs():
    def needs(name: str) -> dict[str, str]:
        found = SERVICES[name].get("depends_on", {})
        return {needed: how["condition"] for needed, how in found.items()}

    once, healthy = "service_completed_successfully", "service_healthy"
    assert needs("temporal-schema") == {"postgres": healthy}
    assert needs("temporal") == {"temporal-schema": once}
    assert needs("temporal-namespace") == {"temporal": healthy}
    assert needs("migrate") == {"postgres": healthy}
    for name in ("api", "worker", "relay"):
        assert needs(name) == {"migrate": once, "temporal-namespace": once}


def test_workers_can_be_multiplied():
    assert all("container_name" not in service for service in SERVICES.values())
    assert "ports" not in SERVICES["worker"]


def test_nothing_listens_beyond_this_machine():
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_stands_in_a_file():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRETS.search(name):
                assert re.search(r"\$\{\w+:[?-][^}]*\}", value), name
                assert not re.search(r"\$\{\w+:-[^}]+\}", value), f"{name} has a default"
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if SECRETS.search(line.partition("=")[0]) and not line.startswith("#"):
            assert line.endswith("=") or "${" in line, line


def test_the_example_names_every_variable_that_is_demanded():
    filled = example(Gaps())
    assert demanded() <= set(filled)
    composition(filled)


@pytest.mark.parametrize("missing", sorted(demanded()))
def test_a_missing_variable_stops_compose_with_its_name(missing):
    filled = {name: value for name, value in example(Gaps()).items() if name != missing}
    with pytest.raises(AssertionError, match=f"{missing}: see .env.example"):
        composition(filled)


def test_every_variable_that_ours_are_given_is_a_setting():
    known = {f"ORDERLOOM_{name.upper()}" for name in Settings.model_fields} | {"DATABASE_URL"}
    for name in OURS - SIMULATORS:
        assert set(SERVICES[name]["environment"]) <= known


def test_the_namespace_is_as_the_embedded_server_has_it():
    [script] = SERVICES["temporal-namespace"]["command"]
    assert f"--retention {RETENTION_SECONDS // 3600}h" in script
    created = re.findall(r"search-attribute create --name (\w+) --type (\w+)", script)
    assert [f"{name}={kind}" for name, kind in created] == list(SEARCH_ATTRIBUTES)


def test_the_data_of_postgresql_18_lies_below_the_volume():
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_simulators_are_asked_for_by_their_profile():
    assert {n for n, s in SERVICES.items() if s.get("profiles") == ["simulators"]} == SIMULATORS
