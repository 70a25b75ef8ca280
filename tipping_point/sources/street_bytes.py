"""police.uk street files exactly as published, read several times faster than by a general parser of tables.

The whole archive is four gigabytes of text, of which five columns in twelve are used. Separators are found 64 bytes
at a time as bits (Langdale and Lemire 2019, Parsing gigabytes of JSON per second, VLDB Journal 28), then each cell is
read where it stands, numbers eight digits at once (Lemire 2021, Number parsing at a gigabyte per second, Software:
Practice and Experience 51). Nothing is guessed: a file in which one byte is not as published is not read here at all,
and goes to the general parser, which says what is wrong or knows how to read it.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tipping_point.compiled import compiled
from tipping_point.sources.byte_masks import BLOCK, find_byte, find_high, load_word, lowest_bit

Bytes = NDArray[np.uint8]
_Vocabulary = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int8]]

_COMMA, _QUOTE, _LINE, _DOT, _MINUS, _NOUGHT, _A, _Z = b',"\n.-0AZ'
_COLUMNS = 12
_MONTH, _X, _Y, _CODE, _TYPE = 1, 4, 5, 7, 9
"""Places of the columns that are used."""
_CODE_LENGTH = 9
"""Of a code of the Office for National Statistics: a letter and eight digits."""
_LETTER = 100_000_000
_LONGEST = 32
"""Bytes that the name of a crime type may have."""
_SLOTS = 256
_FEW = 4096
"""Slots for small areas to begin with, a power of 2, of which half are used. They double where there are more areas."""
_NOT_PLAIN = np.inf
_MOST_DIGITS = 15
"""A whole number of so many digits, divided by a power of ten, is the number that the text means, to the last bit."""

_0, _1 = np.uint64(0), np.uint64(1)
_NOUGHTS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX = np.uint64(0x0606060606060606)
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: spreads words over the slots (Knuth, The Art of Computer Programming 3, 6.4)."""
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
"""By size: the lowest bytes of a word."""


@dataclass(frozen=True)
class StreetRows:
    """The rows of one street file, in its order."""

    areas: pl.Series
    """The codes of the small areas that occur, '' = no place; by alphabet."""
    area: NDArray[np.int64]
    """Place of the row's small area in `areas`."""
    kind: NDArray[np.integer]
    """Place of its crime type among the types."""
    longitude: NDArray[np.float64]
    """Degrees; NaN where blank. 0 and 0 are police.uk's mark for a crime without a map point within 20 km."""
    latitude: NDArray[np.float64]


def parse_street_file(
    data: bytes,
    *,
    header: Sequence[str],
    month: str,
    types: Sequence[str],
    longitude: tuple[float, float],
    latitude: tuple[float, float],
) -> StreetRows | None:
    """The rows of a street file in which everything is as published; None where anything at all is not.

    As published is: these columns in this order; every row of the month, of a known type, with a small area of the
    Office for National Statistics or none, and with coordinates within the limits, 0 and 0, or none; quotation marks
    only around whole cells and never around one that is used; a line end after the last row.

    Args:
        data: the file.
        header: the names of its twelve columns.
        month: of every row, 'YYYY-MM'.
        types: the crime types, at most 32 bytes each.
        longitude: lowest and highest that is allowed, degrees.
        latitude: the same.
    """
    text = ",".join(header).encode()
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if len(header) != _COLUMNS or not data.startswith(text, start):
        return None
    start += len(text)
    ending = next((ending for ending in (b"\n", b"\r\n") if data.startswith(ending, start)), None)
    if ending is None or len(data) < BLOCK or not data.endswith(b"\n"):
        return None
    start += len(ending)
    given = np.frombuffer(data, dtype=np.uint8)
    ends, is_ascii = _find_ends(given, start)
    if not is_ascii and not _is_utf8(data):
        return None
    wanted = np.frombuffer(f"{month},".encode(), dtype=np.uint64)[0]
    area, kind, x, y = _read_rows(given, ends, wanted, _vocabulary(tuple(types)), (*longitude, *latitude))
    if not len(area):
        return None
    number, areas = _number(area)
    ordered, place = np.unique(areas, return_inverse=True)
    return StreetRows(name_areas(ordered), place[number], kind, x, y)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def name_areas(areas: NDArray[np.int64]) -> pl.Series:
    """The codes of small areas by their numbers, '' for 0. Numbers are in the order of the codes."""
    named = areas[areas != 0]
    letters = np.empty((len(named), _CODE_LENGTH), dtype=np.uint8)
    letters[:, 0] = named // _LETTER
    letters[:, 1:] = named[:, None] // 10 ** np.arange(_CODE_LENGTH - 2, -1, -1) % 10 + _NOUGHT
    offsets = np.concatenate([[0], np.cumsum(np.where(areas == 0, 0, _CODE_LENGTH))])
    texts = pa.LargeStringArray.from_buffers(len(areas), pa.py_buffer(offsets), pa.py_buffer(letters))
    return cast(pl.Series, pl.from_arrow(texts))


@cache
def _vocabulary(types: tuple[str, ...]) -> _Vocabulary:
    """The words of each type (types x 4), its length, and the type of each slot (-1: none) by its first eight bytes."""
    texts = [name.encode() for name in types]
    words = np.array([np.frombuffer(text.ljust(_LONGEST, b"\0"), dtype=np.uint64) for text in texts])
    slots = np.full(_SLOTS, -1, dtype=np.int8)
    for number, slot in enumerate(words[:, 0] * _MIX >> np.uint64(56)):
        if slots[slot] >= 0:
            raise ValueError(f"{types[number]!r} and {types[slots[slot]]!r} fall into one slot")
        slots[slot] = number
    return words, np.array([len(text) for text in texts]), slots


@compiled
def _find_ends(data: Bytes, start: int) -> tuple[NDArray[np.int32], bool]:
    """Where each cell ends, and whether every byte is ASCII.

    A cell ends at a comma or line end that does not stand within quotation marks.

    None at all where a quotation mark stands anywhere but around a whole cell, or is not closed, and where there are
    not as many cells as lines must have.
    """
    ends = np.empty((len(data) - start) // 2 + BLOCK, dtype=np.int32)  # a month and a type are twelve bytes and more
    number = lines = 0
    high = _0
    inside, after_end, after_close = _0, _1, _0  # of the byte before: all bits or none; the lowest bit
    for block in range(start, len(data), BLOCK):
        begin = min(block, len(data) - BLOCK)
        behind = np.uint64(block - begin)
        quotes = find_byte(data, begin, _QUOTE) >> behind
        ending = find_byte(data, begin, _LINE) >> behind
        found = find_byte(data, begin, _COMMA) >> behind | ending
        if quotes | inside | after_close:
            within = quotes  # bit by bit: an odd number of quotation marks up to here
            for step in (1, 2, 4, 8, 16, 32):
                within ^= within << np.uint64(step)
            within ^= inside
            found &= ~within
            ending &= ~within
            opened, closed = quotes & within, quotes & ~within
            is_start = found << _1 | after_end
            is_behind = closed << _1 | after_close
            if opened & ~(is_start | is_behind) or is_behind & ~(found | opened):
                return ends[:0], True
            inside = _0 - (within >> np.uint64(BLOCK - 1))
            after_close = closed >> np.uint64(BLOCK - 1)
        if number + BLOCK > len(ends):
            return ends[:0], True
        high |= find_high(data, begin)
        after_end = found >> np.uint64(BLOCK - 1)
        while found:
            ends[number] = block + lowest_bit(found)
            number += 1
            found &= found - _1
        while ending:
            lines += 1
            ending &= ending - _1
    return ends[:0] if inside or lines * _COLUMNS != number else ends[:number], high == 0


@compiled
def _read_rows(
    data: Bytes,
    ends: NDArray[np.int32],
    month: np.uint64,
    vocabulary: _Vocabulary,
    limits: tuple[float, float, float, float],
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """Small area as a number, type, longitude and latitude of each row; empty where anything is not as published."""
    words, lengths, slots = vocabulary
    rows = len(ends) // _COLUMNS
    area, kind = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int8)
    longitude, latitude = np.empty(rows, dtype=np.float64), np.empty(rows, dtype=np.float64)
    nothing = area[:0], kind[:0], longitude[:0], latitude[:0]
    for row in range(rows):
        cell = row * _COLUMNS
        if (
            data[ends[cell + _COLUMNS - 1]] != _LINE
        ):  # there are as many line ends as rows: so no other cell ends a line
            return nothing
        start = ends[cell + _MONTH - 1] + 1
        if ends[cell + _MONTH] - start != 7 or load_word(data, start) != month:
            return nothing
        area[row] = _read_code(data, ends[cell + _CODE - 1] + 1, ends[cell + _CODE])
        kind[row] = _find_type(data, ends[cell + _TYPE - 1] + 1, ends[cell + _TYPE], words, lengths, slots)
        x = _read_decimal(data, ends[cell + _X - 1] + 1, ends[cell + _X])
        y = _read_decimal(data, ends[cell + _Y - 1] + 1, ends[cell + _Y])
        longitude[row], latitude[row] = x, y
        is_out = x < limits[0] or x > limits[1] or y < limits[2] or y > limits[3]
        if area[row] < 0 or kind[row] < 0 or (is_out and not (x == 0 and y == 0)):
            return nothing
    return area, kind, longitude, latitude


@compiled
def _number(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The place of each value among the distinct values, and those, in the order in which they first occur."""
    slots = np.full(_FEW, -1, dtype=np.int32)
    distinct = np.empty(_FEW // 2, dtype=np.int64)
    numbers, known = np.empty(len(values), dtype=np.int64), 0
    for row, value in enumerate(values):
        slot = _find_slot(slots, distinct, value)
        if slots[slot] < 0:
            if known == len(distinct):  # half of the slots are taken: twice as many
                distinct = np.concatenate((distinct, np.empty(known, dtype=np.int64)))
                slots = np.full(4 * known, -1, dtype=np.int32)
                for number in range(known):
                    slots[_find_slot(slots, distinct, distinct[number])] = number
                slot = _find_slot(slots, distinct, value)
            slots[slot], distinct[known] = known, value
            known += 1
        numbers[row] = slots[slot]
    return numbers, distinct[:known]


@compiled
def _find_slot(slots: NDArray[np.int32], distinct: NDArray[np.int64], value: np.int64) -> np.int64:
    """Where the number of a value stands or would stand: from the slot of its hash on, the first of its own or free."""
    last = len(slots) - 1
    slot = np.int64((np.uint64(value) * _MIX) >> np.uint64(32)) & last
    while slots[slot] >= 0 and distinct[slots[slot]] != value:
        slot = (slot + 1) & last
    return slot


@compiled
def _read_code(data: Bytes, start: int, stop: int) -> np.int64:
    """A code as a number, 0 where blank, -1 where it is none."""
    if start == stop:
        return np.int64(0)
    if stop - start != _CODE_LENGTH or data[start] < _A or data[start] > _Z:
        return np.int64(-1)
    digits = load_word(data, start + 1)
    return np.int64(data[start]) * _LETTER + _digits_number(digits) if _are_digits(digits) else np.int64(-1)


@compiled
def _find_type(
    data: Bytes, start: int, stop: int, words: NDArray[np.uint64], lengths: NDArray[np.int64], slots: NDArray[np.int8]
) -> int:
    """The type that a cell names, -1 where it names none."""
    size = stop - start
    kind = slots[(_text_word(data, start, size) * _MIX) >> np.uint64(56)]
    if kind < 0 or lengths[kind] != size:
        return -1
    for number in range(1, words.shape[1]):
        done = 8 * number
        if size > done and _text_word(data, start + done, size - done) != words[kind, number]:
            return -1
    return kind if _text_word(data, start, size) == words[kind, 0] else -1


@compiled
def _text_word(data: Bytes, start: int, size: int) -> np.uint64:
    """Eight bytes of a text, of those left of it; nought beyond them."""
    begin = min(start, len(data) - 8)
    return (load_word(data, begin) >> np.uint64(8 * (start - begin))) & _MASKS[min(max(size, 0), 8)]


@compiled
def _read_decimal(data: Bytes, start: int, stop: int) -> float:
    """A plain decimal number, NaN where blank, infinity where it is neither."""
    if start == stop:
        return np.nan
    is_negative = data[start] == _MINUS
    number, size = start + is_negative, stop - start - is_negative
    if 8 <= size <= 9 and data[stop - 7] == _DOT:  # six decimals, as nearly all have
        word = load_word(data, stop - 8)
        digits = word & ~np.uint64(0xFF00) | np.uint64(_NOUGHT << 8)  # the point as a nought
        tens = np.int64(data[number]) - _NOUGHT if size == 9 else np.int64(0)
        if _are_digits(digits) and 0 <= tens <= 9:
            whole = _digits_number(digits)
            value = float(whole - whole // 10_000_000 * 9_000_000 + tens * 10_000_000) / 1e6
            return -value if is_negative else value
    value = _read_any_decimal(data, number, stop)
    return -value if is_negative else value


@compiled
def _read_any_decimal(data: Bytes, start: int, stop: int) -> float:
    """A plain decimal number without a sign, digit by digit; infinity where it is none or long."""
    whole, scale, digits, points = np.int64(0), 1.0, 0, 0
    for place in range(start, stop):
        if data[place] == _DOT:
            points += 1
            continue
        digit = np.int64(data[place]) - _NOUGHT
        digits += 1
        if digit < 0 or digit > 9 or digits > _MOST_DIGITS:
            return _NOT_PLAIN
        whole = 10 * whole + digit
        if points:
            scale *= 10
    return whole / scale if digits and points <= 1 and data[stop - 1] != _DOT else _NOT_PLAIN


@compiled
def _are_digits(word: np.uint64) -> bool:
    """Whether eight bytes are eight digits."""
    return (word & _HIGH) == _NOUGHTS and ((word + _SIX) & _HIGH) == _NOUGHTS


@compiled
def _digits_number(word: np.uint64) -> np.int64:
    """The number that eight digits mean, the first in the lowest byte (Lemire 2021, section 3)."""
    pairs = (word - _NOUGHTS) * np.uint64(10) + ((word - _NOUGHTS) >> np.uint64(8))
    low = (pairs & np.uint64(0x000000FF000000FF)) * np.uint64(0x000F424000000064)
    high = ((pairs >> np.uint64(16)) & np.uint64(0x000000FF000000FF)) * np.uint64(0x0000271000000001)
    return np.int64((low + high) >> np.uint64(32))
