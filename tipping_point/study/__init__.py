"""The study file: its keys, its reader, and the checked study that the pipeline works from."""

from tipping_point.study.keys import SECTIONS
from tipping_point.study.reader import read_study
from tipping_point.study.study import Config, Source

__all__ = ["SECTIONS", "Config", "Source", "read_study"]
