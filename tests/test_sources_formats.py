from __future__ import annotations

import pandas as pd
import pytest
from builders.sources_workbook import write_ods, write_xlsx

from tipping_point.sources.cells import to_numbers
from tipping_point.sources.formats import read_header, read_raw_table
from tipping_point.tables import InputError

ROWS = [["code ", "value"], ["E01000001", 1.5], ["E01000002", 0.1]]


@pytest.mark.parametrize("suffix", ["csv", "txt", "CSV", "parquet", "xlsx", "ods"])
def test_the_same_table_in_every_format(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_parquet(path)
    elif suffix == "xlsx":
        write_xlsx(path, {"S": ROWS})
    elif suffix == "ods":
        write_ods(path, {"S": ROWS})
    else:
        path.write_text("\n".join(",".join(map(str, row)) for row in ROWS))
    raw = read_raw_table(path, is_header=lambda header: "value" in header)
    assert raw.header == ("code", "value")
    assert raw.column("code").tolist() == ["E01000001", "E01000002"]
    assert to_numbers(raw.column("value"), raw.name)[0].tolist() == [1.5, 0.1]


def test_missing_numbers_of_parquet_stay_missing(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"code": ["E01000001", None], "value": [1, None]}).to_parquet(path)
    raw = read_raw_table(path)
    assert raw.column("code").tolist() == ["E01000001", ""]
    assert to_numbers(raw.column("value"), raw.name)[0].isna().tolist() == [False, True]


def test_headers_without_rows(tmp_path):
    pd.DataFrame({"wardcode": ["x"], "202304": [1]}).to_parquet(tmp_path / "a.parquet")
    assert read_header(tmp_path / "a.parquet") == ("wardcode", "202304")
    (tmp_path / "a.csv").write_text("\ufeffwardcode, 202304\n", encoding="utf-8")
    assert read_header(tmp_path / "a.csv") == ("wardcode", "202304")
    (tmp_path / "b.parquet").write_text("")
    for path, wanted in ((tmp_path / "b.parquet", "not a Parquet file"), (tmp_path / "c.parquet", "does not exist")):
        with pytest.raises(InputError, match=wanted):
            read_header(path)


def test_formats_that_are_not_read(tmp_path):
    with pytest.raises(InputError, match=r"'\.pdf' is not read; allowed are \.csv, \.txt, \.parquet, \.xlsx"):
        read_raw_table(tmp_path / "a.pdf")
