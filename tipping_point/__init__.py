"""Find the small clusters of wards where serious crime is concentrated and disadvantage compounds it.

The verbs of a study stand here; the rest of each stage stands in its own module (`tipping_point.measures.add_value`).
Verbs take tables first and options after; the options bear the names and defaults of the study file's keys. Everything
is loaded when it is first used.

In the examples `demo = tp.make_demo(folder)`, `study = tp.read_study(demo.study)` and `results = tp.analyse(study)`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
