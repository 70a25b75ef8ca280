"""The order of the steps, and nothing else: a study in, checked tables and files out."""

from tipping_point.pipeline.check import Findings, check_study
from tipping_point.pipeline.run import STEPS, Results, analyse, run_study

__all__ = ["STEPS", "Findings", "Results", "analyse", "check_study", "run_study"]
