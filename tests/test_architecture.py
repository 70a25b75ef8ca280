"""The house keeps its shape: layers, one public list, no work at import, no drawer for odds and ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tipping_point

PACKAGE = Path(tipping_point.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def test_the_public_list_is_explicit_complete_and_documented():
    in_order = sorted(tipping_point.__all__, key=lambda name: (not name.isupper(), name.islower(), name))
    assert tipping_point.__all__ == in_order
    for name in tipping_point.__all__:
        assert getattr(tipping_point, name) is not None
    assert all((getattr(tipping_point, name).__doc__ or "x").strip() for name in tipping_point.__all__)


def test_no_module_is_a_drawer_for_odds_and_ends():
    assert not {path.stem for path in MODULES} & {"utils", "helpers", "common", "base", "core", "misc"}


def test_no_module_grows_out_of_hand():
    long = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in long.items() if lines > 450} == {}


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
