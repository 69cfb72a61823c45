"""What the documents say of settings, durations, links and decisions is what is there."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from activities.publishing import PUBLISHED
from domain.codec import to_json
from domain.parcel_news import PARCEL_NEWS
from domain.process import ProcessDefinition
from domain.stock_alerts import STOCK_ALERTS
from orderloom.settings import Settings
from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
DOCUMENTS = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
CODE = re.compile(r"`([^`]+)`")
IN_WORDS = {"home", "kind", "public_url", "process_definition"}  # their defaults are not values


def rows(chapter: str, document: str = "operator.md") -> list[list[str]]:
    """The cells of the table in a chapter of a document."""
    text = (DOCS / document).read_text(encoding="utf-8")
    lines = text.split(f"\n## {chapter}\n")[1].split("\n## ")[0].splitlines()
    return [line.strip("|").split("|") for line in lines if line.startswith("|")][2:]


def test_the_table_of_settings_is_complete_and_its_defaults_are_true():
    table = {CODE.findall(name)[0]: default.strip() for name, default, _ in rows("Settings")}
    assert list(table) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if name not in IN_WORDS:
            default = field.get_default(call_default_factory=True)
            plain = default.get_secret_value() if isinstance(default, SecretStr) else default
            assert table[name] == f"`{json.dumps(plain)}`", name


def test_the_table_of_the_process_definition_is_complete_and_its_defaults_are_true():
    table: dict[str, float | str] = {}
    for names, defaults, _ in rows("The process definition"):
        values = map(json.loads, CODE.findall(defaults))
        table |= dict(zip(CODE.findall(names), values, strict=True))
    assert list(table) == [field.name for field in fields(ProcessDefinition)]
    assert all(field.default is not MISSING for field in fields(ProcessDefinition))
    assert table == to_json(ProcessDefinition())


def test_every_outgoing_event_is_in_the_contract_with_its_data():
    table = {
        CODE.findall(kind)[0]: CODE.findall(data)
        for kind, _, data in rows("Outgoing events", "contracts.md")
    }
    published = {
        kind: [field.name for field in fields(body)]
        for kind, body in {**PUBLISHED, **PARCEL_NEWS, **STOCK_ALERTS}.items()
    }
    assert table == published


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http:", "https:", "#")):
            path, _, chapter = target.partition("#")
            found = (document.parent / path).resolve()
            assert found.exists(), target
            assert not chapter or chapter in _chapters(found), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    ours = (
        r"`((?:domain|ports|workflows|activities|adapters|api|web|orderloom|tests|docs)/[\w./-]+)`"
    )
    for name in re.findall(ours, text):
        assert (ROOT / name).exists(), name


def test_decisions_are_numbered_without_gaps_listed_and_say_what_enforces_them():
    files = sorted((DOCS / "decisions").glob("0*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    listed = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert f"({file.name})" in listed, file.name
        parts = re.findall(r"^\*\*(\w+)\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Enforced"], file.name


def _chapters(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
