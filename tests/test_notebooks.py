"""Every notebook runs from top to bottom, defines nothing, and is committed without outputs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
DEFINES = re.compile(r"^\s*(async\s+)?(def|class)\s|\blambda\b", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def _fonts_are_listed():
    """On a new machine matplotlib lists the fonts once, and says so on stderr: not in the middle of a notebook."""
    importlib.import_module("matplotlib.font_manager")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_defines_no_function(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    assert "synthetic" in notebook.cells[0].source.lower(), "the first words say that the demo city is not real"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs, "outputs are stripped before a commit"
            assert not DEFINES.search(cell.source), "a notebook calls the public functions and defines none"
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    assert not [
        output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"
    ]


def test_there_are_notebooks():
    assert NOTEBOOKS
