"""The house keeps its shape: layers, one public list, no work at import, no drawer for odds and ends."""

from __future__ import annotations

import subprocess
import sys
from inspect import ismodule
from pathlib import Path

import tipping_point

PACKAGE = Path(tipping_point.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


STAGES = ("sources", "wards", "measures", "hotspots", "areas")


def test_every_public_name_is_there_and_documented():
    for module in (tipping_point, *(getattr(tipping_point, stage) for stage in STAGES)):
        for name in module.__all__:
            assert (getattr(module, name).__doc__ or "x").strip(), name


def test_the_top_of_the_package_is_short():
    """A newcomer reads the verbs of a study in one go; the rest stands in the stages."""
    verbs = [name for name in tipping_point.__all__ if name.islower() and not ismodule(getattr(tipping_point, name))]
    assert 20 <= len(verbs) <= 45


def test_the_version_and_the_help_load_no_library():
    code = (
        "import sys, tipping_point\n"
        "from tipping_point.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'polars', 'scipy', 'pydantic', 'matplotlib', 'folium'}\n"
        "print(sorted(set(sys.modules) & heavy))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert result.stdout.splitlines()[-1] == "[]"


def test_no_module_is_a_drawer_for_odds_and_ends():
    assert not {path.stem for path in MODULES} & {"utils", "helpers", "common", "base", "core", "misc"}


def test_nothing_of_a_machine_is_named():
    for path in [*MODULES, *PACKAGE.rglob("*.toml"), *(PACKAGE.parent / "studies").glob("*.toml")]:
        text = path.read_text(encoding="utf-8")
        assert "/home/" not in text, path
        assert "/work/" not in text, path


def test_importing_does_no_work():
    """Reading the package neither compiles, nor reads data, nor opens a socket, nor draws."""
    code = (
        "import sys, socket\n"
        "def refuse(*a, **k): raise AssertionError('a socket at import')\n"
        "socket.socket.connect = refuse\n"
        "import tipping_point\n"
        "print(sorted(set(sys.modules) & {'matplotlib', 'IPython', 'esda', 'folium', 'weasyprint'}))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert result.stdout.strip() == "[]"


def test_only_the_command_line_prints():
    for path in MODULES:
        if path.name != "cli.py":
            assert "print(" not in path.read_text(encoding="utf-8"), path
