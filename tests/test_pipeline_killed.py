"""A run that is killed, or whose disk is full, leaves the last good folder whole, and the next run goes through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tipping_point.pipeline import run_study
from tipping_point.study import read_study


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def quick(demo, tmp_path_factory):
    """The demo's study with few draws, and its last good folder."""
    folder = tmp_path_factory.mktemp("killed")
    text = demo.study.read_text(encoding="utf-8").replace('path = "', f'path = "{demo.study.parent.as_posix()}/')
    study = folder / "study.toml"
    study.write_text(f"{text}\n[firmness]\nsimulations = 20\nselections = 1\n", encoding="utf-8")
    output = folder / "out"
    run_study(read_study(study), output=output)
    return study, output


@pytest.mark.parametrize("step", ["Counting crimes in wards", "Writing tables", "Drawing pictures and the PDF"])
def test_a_killed_run_leaves_the_last_good_folder_whole(quick, step):
    study, output = quick
    before = contents(output)
    command = [sys.executable, "-m", "tipping_point.cli", "run", str(study), "--output", str(output)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:  # noqa: S603
        seen = b""
        while step.encode() not in seen:
            piece = running.stderr.read1(4096)
            assert piece, seen.decode(errors="replace")
            seen += piece
        running.send_signal(signal.SIGKILL)
        assert running.wait() != 0
    assert contents(output) == before
    # What it had begun stands beside, and is taken for left over after a day.
    begun = list(output.parent.glob(".out.*.part"))
    assert begun
    for folder in begun:
        os.utime(folder, (0, 0))
    run_study(read_study(study), output=output)
    assert contents(output).keys() == before.keys()
    assert not list(output.parent.glob(".out.*.part"))


LIMITED = """
import resource, sys
from tipping_point.cli import main
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main())
"""


# No file of the run may grow beyond so many bytes, which the system answers as it does a full disk: the log meets it
# first, or a table.
@pytest.mark.parametrize("limit", [2_000, 60_000])
def test_a_full_disk_ends_the_run_in_a_sentence_and_leaves_the_last_good_folder_whole(quick, limit):
    study, output = quick
    before, beside = contents(output), set(output.parent.iterdir())
    command = [sys.executable, "-c", LIMITED, str(limit), "run", str(study), "--output", str(output)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 2, ended.stderr
    assert f"--output: the disk of {output.resolve()} is full" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert contents(output) == before
    assert set(output.parent.iterdir()) == beside
