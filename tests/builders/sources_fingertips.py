"""What the tests of sources fingertips make, and others use."""

from __future__ import annotations

import json

from tipping_point.fetch.fingertips import BASE

HEADER = (
    "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,Category Type,Category,"
    "Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,"
    "Denominator,Value note,Recent Trend,Compared to England value or percentiles,"
    "Compared to Regions (statistical) value or percentiles,Time period Sortable,New data,Compared to goal,"
    "Time period range"
)


NEW, OLD = ("2015/16 - 19/20", "20150000"), ("2012/13 - 16/17", "20120000")


def row(code, value, *, name="Altrincham", period=NEW, sex="Persons", age="All ages", parent="E08000009", category="",
        note="", low="60.1", high="80.2"):  # fmt: skip
    cells = ["93239", "Hospital stays for self-harm", parent, "Trafford", code, name, "Electoral Wards", sex, age]
    cells += [category, category, period[0], value, low, high, "", "", "320", "58000", note, "", "", "", period[1]]
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in [*cells, "", "", "5y"])


WARDS = [
    row("E92000001", "100", name="England", parent=""),
    row("E08000009", "90.5", name="Trafford", parent="E92000001"),
    row("E05000819", "71.4"),
    row("E05000824", "170.3", name="Bucklow-St Martins"),
    row("E05000824", "170.3", name="Bucklow-St Martins", parent="E12000002"),
    row("E05000819", "55", period=OLD),
    row("E05000819", "1", category="LSOA11 deprivation deciles"),
]


def answer(rows, header=HEADER):
    return "\r\n".join([header, *rows, ""]).encode()


def publish(server, rows, *, types=(3, 8), header=HEADER):
    listed = [{"IndicatorId": 93239, "AreaTypeId": number} for number in types]
    server.route(f"{BASE}/available_data", json.dumps([*listed, {"IndicatorId": 1, "AreaTypeId": 501}]).encode())
    server.route(f"{BASE}/all_data/csv/by_indicator_id", answer(rows, header))
