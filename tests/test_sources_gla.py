"""The Ward Atlas and the ward profiles: two header rows, Latin-1, rows that are no wards."""

from __future__ import annotations

import numpy as np
import pytest

from tipping_point.sources.gla import JOBS, list_ward_atlas, read_ward_atlas, read_ward_profiles
from tipping_point.tables import InputError

ATLAS = """,,,,Household Income; Median (£); 2012/13,Pupil Absence; Overall; 2013
Codes,New Code,Borough,Names,2012/13,2013
00AA,E09000001,City of London,City of London,"63,620",4
00ABFX,E05000026,Barking,Abbey,"29,420",n/a
00ABFY,E05000027,Barking,Alibon,,5.25
#3,K04000001,,England and Wales,1,1
"""
PROFILES = """Ward name,Old code,New code,Number of jobs in area - 2013
City of London,00AA,E09000001,392400.0
City of London,00AA,E09000001,392400.0
Barking - Abbey,00ABFX,E05000026,9500.0
London,H,E12000007,1.0
"""
COLUMNS = {"income": "Household Income; Median (£); 2012/13", "absence": "Pupil Absence; Overall; 2013"}


def write(tmp_path, text, encoding="latin-1"):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_the_atlas_by_the_names_of_its_first_header_row(tmp_path, encoding):
    table = read_ward_atlas(write(tmp_path, ATLAS, encoding), columns=COLUMNS)
    assert list(table.columns) == ["ward13_code", "income", "absence"]
    assert table["ward13_code"].tolist() == ["E05000026", "E05000027"]
    assert table["income"].tolist()[0] == 29_420
    assert np.isnan(table["income"].iloc[1])
    assert np.isnan(table["absence"].iloc[0])
    assert table["absence"].iloc[1] == 5.25
    assert list_ward_atlas(write(tmp_path, ATLAS)) == tuple(COLUMNS.values())


def test_the_profiles_leave_boroughs_out(tmp_path):
    table = read_ward_profiles(write(tmp_path, PROFILES), columns={"jobs": JOBS})
    assert table.to_numpy().tolist() == [["E05000026", 9_500.0]]


def test_every_fault_is_named_at_once(tmp_path):
    wrong = ATLAS.replace("5.25", "many")
    with pytest.raises(InputError) as caught:
        read_ward_atlas(write(tmp_path, wrong), columns={**COLUMNS, "jobs": "Employment; 2013"})
    assert "row 5 has 'many'" in str(caught.value)
    assert "column 'Employment; 2013' is not in the header" in str(caught.value)
    with pytest.raises(InputError, match="stand more than once, for example E05000026"):
        read_ward_atlas(write(tmp_path, ATLAS.replace("E05000027", "E05000026")), columns={})
    with pytest.raises(InputError, match="is not the Ward Atlas: the first of its two header rows"):
        read_ward_atlas(write(tmp_path, PROFILES), columns={})
    with pytest.raises(InputError, match="its second header row lacks 'New Code'"):
        read_ward_atlas(write(tmp_path, ATLAS.replace("New Code", "Code")), columns={})
    with pytest.raises(InputError, match="'New code' is not in the header"):
        read_ward_profiles(write(tmp_path, ATLAS), columns={"jobs": JOBS})
    only_city = "\n".join(PROFILES.splitlines()[:3])
    with pytest.raises(InputError, match="holds no ward"):
        read_ward_profiles(write(tmp_path, only_city), columns={"jobs": JOBS})


@pytest.mark.real
def test_the_real_atlas_and_profiles_agree(real_data):
    atlas = read_ward_atlas(
        real_data / "london/ward-atlas-data.csv",
        columns={
            "life": "Life Expectancy; Life expectancy at birth (all persons); 2009-2013",
            "points": "GCSE; Average GCSE capped point scores; 2014",
            "absence": "Pupil Absence; Unauthorised Absence in All Schools (%); 2013",
            "jobs": "Workplace employment; Total employment; 2013",
        },
    ).set_index("ward13_code")
    profiles = read_ward_profiles(
        real_data / "london/ward-profiles-excel-version.csv",
        columns={"jobs": JOBS, "points": "Average GCSE capped point scores - 2014"},
    ).set_index("ward13_code")
    assert len(atlas) == len(profiles) == 624
    abbey = atlas.loc["E05000026"]
    assert abbey.round(3).tolist() == [81.998, 317.658, 1.356, 9_500.0]
    assert (atlas["jobs"].dropna() == profiles["jobs"].dropna()).all()
    assert (atlas["points"] - profiles["points"]).abs().max() < 0.051
    assert atlas.isna().sum().to_dict() == {"life": 0, "points": 0, "absence": 1, "jobs": 2}
    assert len(list_ward_atlas(real_data / "london/ward-atlas-data.csv")) == 942
