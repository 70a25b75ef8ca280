"""What every shared table looks like: columns, units, direction, and the words used for them.

Everything in the package may import this; it imports nothing of the package and touches no file.
"""

from tipping_point.tables.checks import check_table
from tipping_point.tables.columns import AREAS, DISCLOSES, WARDS, WORKING, Column
from tipping_point.tables.cover import Cover
from tipping_point.tables.evidence import RECORDS
from tipping_point.tables.notes import Note
from tipping_point.tables.records import (
    CALIBRATION,
    CONCENTRATION,
    CONTEXT,
    COUNTS,
    COVERAGE,
    GRAPH,
    RECONCILIATION,
    SOURCES,
)
from tipping_point.tables.words import (
    CONTEXT_LEVELS,
    COUNTRIES,
    DOMAINS,
    FLAGS,
    NOT_TERRITORIAL,
    SMALL_POPULATION,
    SYSTEM,
    InputError,
    deprivation_transform,
    force_slug,
    marked_type,
    months_between,
    plain_name,
    plain_type,
    types_among,
)

__all__ = [
    "AREAS",
    "CALIBRATION",
    "CONCENTRATION",
    "CONTEXT",
    "CONTEXT_LEVELS",
    "COUNTRIES",
    "COUNTS",
    "COVERAGE",
    "DISCLOSES",
    "DOMAINS",
    "FLAGS",
    "GRAPH",
    "NOT_TERRITORIAL",
    "RECONCILIATION",
    "RECORDS",
    "SMALL_POPULATION",
    "SOURCES",
    "SYSTEM",
    "WARDS",
    "WORKING",
    "Column",
    "Cover",
    "InputError",
    "Note",
    "check_table",
    "deprivation_transform",
    "force_slug",
    "marked_type",
    "months_between",
    "plain_name",
    "plain_type",
    "types_among",
]
