"""The example of every verb at the top of the package runs, on the demo city."""

from __future__ import annotations

import doctest
import inspect
import shutil

import numpy as np
import pandas as pd
import pytest

import tipping_point as tp
from tipping_point.outputs.folder import PICTURES, QA

VERBS = [name for name in tp.__all__ if inspect.isfunction(getattr(tp, name))]
ELSEWHERE = {
    "build_wards": "notebook 01 goes from files to wards",
    "count_crimes": "notebook 01 goes from files to wards",
    "run_backtest": "it needs four years; docs/backtest.md has one",
}
"""Verbs whose example needs more than a few lines, and where it is."""


@pytest.fixture(scope="module")
def names(demo, analysed_demo, tmp_path_factory):
    """What the examples speak of: demo and study, results, a finished folder, and a folder to write into."""
    folder = tmp_path_factory.mktemp("examples")
    city = shutil.copytree(demo.folder, folder / "study")
    study = tp.read_study(city / "study.toml")
    tp.run_study(study, output=folder / "finished")
    return {"tp": tp, "np": np, "pd": pd, "demo": demo, "study": study, "results": analysed_demo, "folder": folder,
            "finished": folder / "finished"}  # fmt: skip


@pytest.mark.parametrize("verb", sorted({*VERBS} - {*ELSEWHERE}))
def test_the_example_of_a_verb_runs(verb, names):
    function = inspect.unwrap(getattr(tp, verb))
    (test,) = doctest.DocTestFinder(recurse=False).find(function, verb, globs=dict(names))
    assert test.examples, f"{verb} has no example"
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert result.failed == 0, "".join(said)


def test_a_finished_folder_holds_what_the_readme_says(names):
    assert (names["finished"] / PICTURES / "map.png").exists()
    assert (names["finished"] / QA / "limits.csv").exists()
