"""Writing beside and moving; templates that escape and refuse unknown names; colours that can be read."""

from __future__ import annotations

import re

import jinja2
import pytest
from builders.outputs_views import luminance

from tipping_point.outputs import pages


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "page.html"
    pages.write_text(path, "good\n")
    with pytest.raises(RuntimeError), pages.beside(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert path.read_bytes() == b"good\n"
    assert list(path.parent.iterdir()) == [path]


def test_templates_escape_every_value_and_refuse_unknown_names():
    made = pages.environment().from_string("{{ text }}")
    assert made.render(text="<b>\"'") == "&lt;b&gt;&#34;&#39;"
    with pytest.raises(jinja2.UndefinedError):
        made.render()


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("quiet", "paper"),
        ("quiet", "accent-pale"),
        ("accent", "paper"),
        ("accent", "raised"),
        ("draft-ink", "draft"),
        ("raised", "accent"),
        ("raised", "ink"),
    ],
)
def test_every_text_colour_has_the_contrast_of_wcag_aa(text, ground):
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", pages.read("page.css")))
    light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
