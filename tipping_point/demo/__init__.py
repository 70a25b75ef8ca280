"""A synthetic city in the exact file formats of the real sources, with known truth planted in it."""

from __future__ import annotations

from tipping_point.demo.city import Demo, make_demo

__all__ = ["Demo", "make_demo"]
