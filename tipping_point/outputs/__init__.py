"""Results in, files out: the map, the report and the tables. Nothing statistical is computed here."""

from tipping_point.outputs.maps import draw_map, write_map
from tipping_point.outputs.report import write_report
from tipping_point.outputs.tables import write_tables

__all__ = ["draw_map", "write_map", "write_report", "write_tables"]
