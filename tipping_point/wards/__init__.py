"""Source tables in, one row per ward out: places, counts, coverage, and who touches whom."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
