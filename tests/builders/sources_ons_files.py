"""What the tests of sources ons files make, and others use."""

from __future__ import annotations

import io
import zipfile

from builders.sources_workbook import write_xlsx

ONS = "https://www.ons.gov.uk/file"


NOMIS = "https://www.nomisweb.co.uk/output/census/2021"


HEADER = ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0", "F90", "M0", "M90"]


def sapelsoa(path, *, years=(2022, 2023, 2024), header=HEADER):
    """The header stands on row 4 of each sheet; every year has other residents."""

    def sheet(year):
        rows = [
            ["E06000001", "Hartlepool", f"E0100000{n}", f"Hartlepool, 00{n}A", year + n, 1, 2, 3, 4] for n in (1, 2)
        ]
        return [["Title"], ["Notes"], ["More"], header, *rows]

    sheets = {"Contents": [["Contents"]], **{f"Mid-{year} LSOA 2021": sheet(year) for year in years}}
    return write_xlsx(path, sheets).read_bytes()


def bulk(**members):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in members.items():
            target.writestr(f"{name.replace('_', '-')}.csv", body)
    return buffer.getvalue()


TS001 = (
    b'"date","geography","geography code","Residence type: Total; measures: Value",'
    b'"Residence type: Lives in a household; measures: Value"\n"2021","Hartlepool 001A","E01011954",2284,2284\n'
)


TS008 = (
    b'"date","geography","geography code","Sex: All persons; measures: Value","Sex: Female; measures: Value",'
    b'"Sex: Male; measures: Value"\n"2021","Hartlepool 001A","E01011954",100,51,49\n'
)
