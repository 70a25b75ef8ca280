"""What the tests of sources crime make, and others use."""

from __future__ import annotations

import zipfile

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)


def row(
    kind="Burglary", place="E01000001", *, month="2019-01", x="-2.9", y="53.4", location="On or near A", context=""
):
    return f"abc,{month},Force,Force,{x},{y},{location},{place},Name 001A,{kind},Under investigation,{context}"


def text(*rows, header=HEADER, end="\n"):
    return end.join([header, *rows]) + end


def name(force="merseyside", month="2019-01", kind="street"):
    return f"{month}/{month}-{force}-{kind}.csv"


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as handle:
        for member, content in members.items():
            handle.writestr(member, content)
    return path
