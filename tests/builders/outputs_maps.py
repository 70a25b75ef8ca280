"""What the tests of outputs maps make, and others use."""

from __future__ import annotations

import base64
import gzip
import json
import re

from builders.outputs_listing import COLUMNS
from builders.outputs_tables import COVERAGE
from tipping_point.outputs import maps

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\u202e\"'`&" + "x" * 10_000


def render(wards, areas, cover, **options) -> str:
    return maps.draw_map(wards, areas, cover, coverage=COVERAGE, columns=COLUMNS, **options).get_root().render()


def words_of(text: str) -> dict:
    packed = re.search(r'id="words">([^<]*)<', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def column(values) -> list[str]:
    """A column of the words: a list, or each text once with the place of every row's."""
    return values if isinstance(values, list) else [values["texts"][at] for at in values["at"]]
