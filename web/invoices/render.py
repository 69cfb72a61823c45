"""A document as HTML or as PDF, which brings its style with it and loads nothing."""

from functools import cache
from typing import Any

from markupsafe import Markup

from domain.errors import NotInstalled
from ports.invoice_reads import InvoiceDetail
from web.formats import formats
from web.invoices.seller import Seller
from web.invoices.sheet import sheet
from web.language import Language, translations
from web.static_files import FOLDER
from web.templating import environment

TEMPLATE = "invoices/document.html"


def values(detail: InvoiceDetail, seller: Seller, language: Language) -> dict[str, Any]:
    """What the template is given."""
    shown = sheet(detail, seller, language, translations(language).gettext)
    return {"sheet": shown, "links": None, "style": "", **formats(language)}


def to_html(detail: InvoiceDetail, seller: Seller, language: Language) -> str:
    """One file that can be kept or sent."""
    given = {**values(detail, seller, language), "style": _style()}
    return environment(language).get_template(TEMPLATE).render(given)


def to_pdf(detail: InvoiceDetail, seller: Seller, language: Language) -> bytes:
    """A4. Takes a processor for some tenths of a second: never call it from an async function.
    Refuses (`NotInstalled`) where the extra is missing.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - optional, and slow to import
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as missing:  # the extra, or the libraries that it needs
        raise NotInstalled(
            "PDF needs the extra [pdf] (pip install 'orderloom[pdf]') and the library Pango "
            "(Debian: libpangoft2-1.0-0), with fonts-noto-cjk for Chinese; HTML needs neither"
        ) from missing
    nothing = URLFetcher(allowed_protocols=())
    html = to_html(detail, seller, language)
    pdf: bytes = HTML(string=html, url_fetcher=nothing).write_pdf()
    return pdf


@cache
def _style() -> Markup:
    return Markup((FOLDER / "invoice.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
