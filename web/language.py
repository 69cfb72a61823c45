"""Which language a visitor reads, and its catalog. English is the language of the templates."""

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

Gettext = Callable[[str], str]
LOCALE = Path(__file__).with_name("locale")


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh_CN"


def language_of(request: Request, otherwise: Language = Language.ENGLISH) -> Language:
    """`?lang=` first, then the best of Accept-Language, then `otherwise`."""
    asked = request.query_params.get("lang")
    wanted = [asked] if asked else _accepted(request.headers.get("accept-language", ""))
    names = [name.replace("_", "-").lower() for name in wanted]
    # Who reads any Chinese reads ours rather than English.
    names = ["zh-CN" if name.partition("-")[0] == "zh" else name for name in names]
    found = negotiate_locale(names, ["en", "zh-CN"], sep="-")
    return {"zh-CN": Language.CHINESE, "en": Language.ENGLISH}.get(found or "", otherwise)


@cache
def translations(language: Language) -> NullTranslations:
    """Compiled once, from the catalog that translators edit."""
    with (LOCALE / language / "LC_MESSAGES" / "orderloom.po").open("rb") as po:
        catalog = read_po(po, locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _accepted(header: str) -> list[str]:
    """Language tags, the most wanted first."""
    weighted = []
    for part in header.split(","):
        tag, _, quality = part.partition(";q=")
        weighted.append((_number(quality), tag.strip()))
    return [tag for quality, tag in sorted(weighted, key=lambda each: -each[0]) if tag and quality]


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
