"""What both HTML files share: the template environment, escaping text from data, and writing beside and moving."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2

from tipping_point.outputs import wording

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> jinja2.Environment:
    """Templates in which every value is escaped and an unknown name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(clean=wording.clean, sentence=wording.sentence, count=wording.count)
    return made


def read(name: str) -> str:
    """The text of a file beside the templates: a style sheet or a script."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder, moved to `path` if all goes well and removed if it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> Path:
    """Write text as UTF-8 with plain line ends, beside and then moved."""
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path
