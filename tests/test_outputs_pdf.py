"""The PDF: one side for each area, the same bytes, nothing fetched; and a sentence where it cannot be made."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import pytest
from builders.outputs_brief import write as write_brief
from builders.outputs_listing import make_study
from builders.outputs_report import write

from tipping_point.outputs import pdf


def weasyprint():
    try:
        import weasyprint as found
    except (ImportError, OSError):
        pytest.skip("WeasyPrint or Pango is not here")
    return found


def pages_of(path) -> dict[str, list[int]]:
    """For each id of the report the pages that hold it, from 1."""
    found_here = weasyprint()
    document = pdf._fitted(path.read_text(encoding="utf-8"), lambda text: found_here.HTML(string=text).render())
    found: dict[str, list[int]] = {}
    for number, page in enumerate(document.pages, start=1):
        for name in page.anchors:
            found.setdefault(name, []).append(number)
    return found


def test_every_area_is_one_side_of_paper_and_so_is_the_summary(analysed_demo, tmp_path):
    write_brief(analysed_demo, tmp_path)
    found = pages_of(tmp_path / "report.html")
    assert found["summary"] == [1]
    assert (found["area-1"], found["area-2"]) == ([2], [3])
    assert found["nearly"][0] == 4
    assert len(found["method"]) <= 2


def test_a_page_that_runs_over_is_set_closer(tmp_path):
    found = weasyprint()
    write(tmp_path, *make_study())
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    long = text.replace(
        "What the data cannot say</h3>", "</h3>" + "<p>A sentence of the page that is one too many.</p>" * 36
    )

    def render(page):
        return found.HTML(string=page).render()

    assert pdf._ran_over(render(long)) == ["area-1", "area-2"]
    assert pdf._ran_over(pdf._fitted(long, render)) == []


def test_what_fits_is_laid_out_once():
    laid = []

    def render(text):
        laid.append(text)
        return SimpleNamespace(pages=[SimpleNamespace(anchors={"area-1": (0, 0), "summary": (0, 0)})])

    pdf._fitted('<article class="area-page" id="area-1">', render)
    assert len(laid) == 1


def test_the_same_report_gives_the_same_bytes(tmp_path):
    weasyprint()
    write(tmp_path, *make_study())
    made = [pdf.write_pdf(tmp_path / "report.html", tmp_path / f"{name}.pdf") for name in "ab"]
    assert made[0] == pdf.Pdf(tmp_path / "a.pdf")
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    assert made[0].path.read_bytes().startswith(b"%PDF-")


def test_hostile_text_is_printed_as_text(tmp_path):
    weasyprint()
    attack = "</style><script>x</script><img src='https://example.org/x.png'>\u202e" + "y" * 10_000
    wards, areas, cover = make_study(area=attack, stamp=attack, limits=(attack,))
    areas["area_name"] = attack
    write(tmp_path, wards, areas, cover)
    assert pdf.write_pdf(tmp_path / "report.html", tmp_path / "report.pdf").why_not == ""


def test_a_page_that_asks_for_something_does_not_get_it():
    with pytest.raises(ValueError, match="must hold everything itself"):
        pdf._refuse("https://example.org/style.css")


@pytest.mark.parametrize("error", [ImportError("No module named 'weasyprint'"), OSError("cannot load library 'pango'")])
def test_a_machine_without_its_parts_is_told_in_a_sentence(tmp_path, monkeypatch, error):
    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name == "weasyprint":
                raise error

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    write(tmp_path, *make_study())
    made = pdf.write_pdf(tmp_path / "report.html", tmp_path / "report.pdf")
    assert made.path is None
    assert made.why_not.startswith("report.pdf was not made: it needs WeasyPrint and the Pango text library (")
    assert str(error) in made.why_not
    assert not (tmp_path / "report.pdf").exists()


def test_by_default_it_is_page_one_and_the_areas(analysed_demo, tmp_path):
    """The annex is left out, in a national study too, and a line says where it is."""
    found = weasyprint()
    text = pdf._without_annex(write_brief(analysed_demo, tmp_path))
    report = tmp_path / "report.html"
    document = found.HTML(string=text).render()
    names = {name for page in document.pages for name in page.anchors}
    areas = int(analysed_demo.areas["shortlisted"].sum())
    assert {"summary", *(f"area-{number}" for number in range(1, areas + 1))} <= names
    assert not names & {"nearly", "method"}
    assert len(document.pages) <= areas + 2
    assert pdf.REST in text
    anchors = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors
    made = pdf.write_pdf(report, tmp_path / "short.pdf"), pdf.write_pdf(report, tmp_path / "whole.pdf", whole=True)
    assert made[0].path.stat().st_size < made[1].path.stat().st_size


def test_a_pdf_that_is_not_to_be_made_is_said():
    assert pdf.why_no_pdf(asked=None) == pdf.why_no_pdf(asked=True) == ""
    said = pdf.why_no_pdf(asked=False)
    assert said.startswith("report.pdf was not made, as asked ('--no-pdf')")
    assert "Printing report.html" in said
