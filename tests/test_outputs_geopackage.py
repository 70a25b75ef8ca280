"""A full disk is called one, whatever the library says of it."""

from __future__ import annotations

import errno
from collections import namedtuple

import pandas as pd
import pytest
from pyogrio.errors import DataSourceError

from tipping_point.outputs import geopackage

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "kind"), [(1_000, OSError), (10**9, DataSourceError)])
def test_a_full_disk_is_told_from_another_failure(lattice, tmp_path, monkeypatch, free, kind):
    def fail(*args, **kwargs):
        raise DataSourceError("Failed to commit transaction")

    wards = lattice(2, 2)
    layer = geopackage.make_layer(wards.reset_index(), pd.DataFrame({"name": wards["ward_name"].to_numpy()}))
    monkeypatch.setattr(geopackage.pyogrio, "write_dataframe", fail)
    monkeypatch.setattr(geopackage.shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - free, free))
    with pytest.raises(kind) as raised:
        geopackage.write_geopackage({"wards": layer}, pd.DataFrame(), description="", path=tmp_path / "wards.gpkg")
    assert getattr(raised.value, "errno", None) == (errno.ENOSPC if kind is OSError else None)
    assert list(tmp_path.iterdir()) == []
