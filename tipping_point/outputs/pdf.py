"""The report as a PDF, by WeasyPrint; where its system parts are missing, a sentence that says so."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tipping_point.outputs import pages

log = logging.getLogger(__name__)


CLOSER = ("tight", "tight tighter")
"""Classes given, one after the other, to the page of an area that ran over its one side."""


REFUSED = "report.pdf was not made, as asked ('--no-pdf'). Printing report.html from a browser gives the same pages."
_ANNEX = ('<div id="nearly"', "</main>")
"""Between these stands the annex of the report: the numbers, the questions, the method, what was read and lost."""
REST = (
    "This is page one and the page of each area. Why not other areas, the method, what was read and what was lost are "
    "in report.html; 'tipping-point run --pdf' prints them too."
)


@dataclass(frozen=True)
class Pdf:
    """What became of a PDF: its path, or None and why not in a sentence."""

    path: Path | None
    why_not: str = ""


def why_no_pdf(*, asked: bool | None) -> str:
    """Why no PDF is to be made of a report; '' where it is.

    Args:
        asked: False makes none; None makes page one and the areas; True the whole report.
    """
    return REFUSED if asked is False else ""


def write_pdf(html: Path, pdf: Path, *, whole: bool = False) -> Pdf:
    """Turn the finished report into a tagged PDF, the same bytes for the same report; nothing is fetched.

    Page one and the page of each area; with `whole` the annex too, which takes long for a nation.

    Never raises for what the machine lacks: WeasyPrint needs Pango, which is no Python package, and a locked-down
    laptop has none. report.html then prints from any browser with the same pages.
    """
    try:
        # Here and not above: importing it loads the system's own text libraries.
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        why = (
            "report.pdf was not made: it needs WeasyPrint and the Pango text library "
            f"({str(error).splitlines()[0][:160] if str(error) else type(error).__name__}). "
            "Printing report.html from a browser gives the same pages."
        )
        log.info("pdf: %s", why)
        return Pdf(None, why)
    text = html.read_text(encoding="utf-8")
    text = text if whole else _without_annex(text)
    document = _fitted(text, lambda page: HTML(string=page, url_fetcher=_refuse).render())
    with pages.beside(pdf) as temporary:
        document.write_pdf(temporary, pdf_tags=True)
    log.info("pdf: %d pages", len(document.pages))
    return Pdf(pdf)


def _without_annex(text: str) -> str:
    """The report with a line in the place of its annex; its links into the annex are plain text."""
    begin, end = (text.index(mark) for mark in _ANNEX)
    gone = set(re.findall(r'id="([^"]+)"', text[begin:end]))
    kept = f"{text[:begin]}<p>{REST}</p>{text[end:]}"
    return re.sub(r'<a href="#([^"]+)"', lambda link: "<a" if link[1] in gone else link[0], kept)


def _fitted(text: str, render: Callable[[str], Any]) -> Any:  # noqa: ANN401 - a document of a library without types
    """The document with every area on one side of paper: pages that run over are set closer, and laid out again."""
    document = render(text)
    for closer in CLOSER:
        over = _ran_over(document)
        if not over:
            break
        log.info("pdf: %s set closer, so that each is on one side", ", ".join(over))
        for name in over:
            text = re.sub(
                rf'<article class="[^"]*" id="{name}"', f'<article class="area-page {closer}" id="{name}"', text
            )
        document = render(text)
    return document


def _ran_over(document: Any) -> list[str]:  # noqa: ANN401 - as above
    """Ids of the areas that take more than one page."""
    held = Counter(name for page in document.pages for name in page.anchors if re.fullmatch(r"area-\w+", name))
    return [name for name, number in held.items() if number > 1]


def _refuse(url: str) -> dict[str, object]:
    raise ValueError(f"the report asks for {url[:60]}; it must hold everything itself")
