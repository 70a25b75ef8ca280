"""Sixty-four bytes of text looked at in one step, for compiled code: what the processor can and Python has no name for.

Each function here becomes one or two instructions of whatever processor runs it; the byte order is little-endian, as
on every machine that the libraries of this project are built for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

BLOCK = 64
"""Bytes that `find_byte` looks at."""
_BYTE, _INDEX, _WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTES = ir.VectorType(_BYTE, BLOCK)


def _pointer(context: Any, builder: Any, signature: Any, args: Any, kind: Any) -> Any:  # noqa: ANN401 - the compiler's own
    """The bytes from args[1] on of the array args[0], as a pointer to one of a kind."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), kind.as_pointer())


def _find_byte(_: Any, data: Any, start: Any, byte: Any) -> Any:  # noqa: ANN401, ARG001 - types of the compiler
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        block = builder.load(_pointer(context, builder, signature, args, _BYTES), align=1)
        undefined = ir.Constant(_BYTES, ir.Undefined)
        first = builder.insert_element(undefined, args[2], ir.Constant(_INDEX, 0))
        wanted = builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INDEX, BLOCK), None))
        return builder.bitcast(builder.icmp_unsigned("==", block, wanted), _WORD)

    return types.uint64(data, types.int64, types.uint8), generate


def _find_high(_: Any, data: Any, start: Any) -> Any:  # noqa: ANN401, ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        block = builder.load(_pointer(context, builder, signature, args, _BYTES), align=1)
        return builder.bitcast(builder.icmp_signed("<", block, ir.Constant(_BYTES, [0] * BLOCK)), _WORD)

    return types.uint64(data, types.int64), generate


def _load_word(_: Any, data: Any, start: Any) -> Any:  # noqa: ANN401, ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        return builder.load(_pointer(context, builder, signature, args, _WORD), align=1)

    return types.uint64(data, types.int64), generate


def _lowest_bit(_: Any, word: Any) -> Any:  # noqa: ANN401, ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


find_byte = cast("Callable[[NDArray[np.uint8], int, int], np.uint64]", intrinsic(_find_byte))
"""Where a byte stands among 64: bit k of the result is data[start + k] == byte.

Args of the compiled function: data (uint8, contiguous), start (int64, at most len(data) - 64), byte (uint8).
Nothing is checked.
"""
find_high = cast("Callable[[NDArray[np.uint8], int], np.uint64]", intrinsic(_find_high))
"""Which bytes of 64 are no ASCII: bit k of the result is data[start + k] >= 128. As `find_byte`."""
load_word = cast("Callable[[NDArray[np.uint8], int], np.uint64]", intrinsic(_load_word))
"""Eight bytes as one number, data[start] lowest: data (uint8, contiguous), start (int64, at most len(data) - 8).

Nothing is checked.
"""
lowest_bit = cast("Callable[[np.uint64], int]", intrinsic(_lowest_bit))
"""The place of the lowest bit that is set in a number (uint64) other than 0."""
