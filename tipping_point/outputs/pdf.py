"""The report as a PDF, by WeasyPrint; where its system parts are missing, a sentence that says so."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from tipping_point.outputs import pages

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pdf:
    """What became of a PDF: its path, or None and why not in a sentence."""

    path: Path | None
    why_not: str = ""


def write_pdf(html: Path, pdf: Path) -> Pdf:
    """Turn the finished report into a tagged PDF, the same bytes for the same report; nothing is fetched.

    Never raises for what the machine lacks: WeasyPrint needs Pango, which is no Python package, and a locked-down
    laptop has none. report.html then prints from any browser with the same pages.
    """
    try:
        # Here and not above: importing it loads the system's own text libraries.
        from weasyprint import HTML  # noqa: PLC0415
    except (ImportError, OSError) as error:
        why = (
            "report.pdf was not made: it needs WeasyPrint and the Pango text library "
            f"({str(error).splitlines()[0][:160] if str(error) else type(error).__name__}). "
            "Printing report.html from a browser gives the same pages."
        )
        log.info("pdf: %s", why)
        return Pdf(None, why)
    text = html.read_text(encoding="utf-8")
    document = HTML(string=text, url_fetcher=_refuse).render()
    with pages.beside(pdf) as temporary:
        document.write_pdf(temporary, pdf_tags=True)
    log.info("pdf: %d pages", len(document.pages))
    return Pdf(pdf)


def _refuse(url: str) -> dict[str, object]:
    raise ValueError(f"the report asks for {url[:60]}; it must hold everything itself")
