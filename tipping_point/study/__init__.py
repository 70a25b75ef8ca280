"""The study file: one section per verb, its keys the keyword arguments of that verb."""

from tipping_point.study.reader import read_study, write_schema
from tipping_point.study.sections import Source, Study

__all__ = ["Source", "Study", "read_study", "write_schema"]
