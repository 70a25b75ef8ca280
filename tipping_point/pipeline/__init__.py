"""The order of the steps, and nothing else: a study in, checked tables and files out."""

from tipping_point.pipeline.check import Findings, check_study
from tipping_point.pipeline.explain import explain_in_folder
from tipping_point.pipeline.freeze import Criteria, compare_criteria, freeze_study
from tipping_point.pipeline.present import Results
from tipping_point.pipeline.run import STEPS, analyse, run_study, show_steps

__all__ = [
    "STEPS",
    "Criteria",
    "Findings",
    "Results",
    "analyse",
    "check_study",
    "compare_criteria",
    "explain_in_folder",
    "freeze_study",
    "run_study",
    "show_steps",
]
