"""The inner loop of the Gram products as vector instructions, written in LLVM's own language.

A row of a tile is 32 (or 16) numbers, so sums are written as vectors of that length: LLVM maps
them onto the registers of the processor, while numba would not vectorise loops of so few steps
(measured: three times slower). Items are prefetched some entries before their use, since the
access is random and would otherwise wait for memory each time.

This uses numba's inner interfaces, which other versions may change:
`recsys.linalg.tile_kernel` falls back on a plain loop where it does not compile.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from recsys.arrays import Floats, Rows, Rows32
from recsys.kernel_cache import jit
from recsys.linalg.gram_kernels import AHEAD, NARROW, WIDE

_INT64, _INT32, _BYTES = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


def _user_step(width: int) -> Any:
    """The intrinsic `step(work, items, start, stop, scale)` for tiles of `width` columns."""

    @intrinsic
    def step(_context: Any, work: Any, items: Any, _start: Any, _stop: Any, _scale: Any) -> Any:
        signature = types.void(work, items, types.int64, types.int64, types.float32)
        return signature, lambda *parts: _generate(width, *parts)

    return step


def _generate(width: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """z = scale * (sum of the left halves of the items' rows), then added to their right halves."""
    work, items = (context.make_array(signature.args[i])(context, builder, args[i]) for i in (0, 1))
    start, stop, one = args[2], args[3], _INT64(1)
    vector = ir.VectorType(ir.FloatType(), width)
    halves = builder.bitcast(work.data, vector.as_pointer())

    def half(entry: Any, side: int) -> Any:
        row = builder.zext(builder.load(builder.gep(items.data, [entry])), _INT64)
        return builder.gep(halves, [builder.add(builder.shl(row, one), _INT64(side))])

    nothing = ir.Constant(vector, [0.0] * width)
    total = cgutils.alloca_once_value(builder, nothing)  # type: ignore[no-untyped-call]
    with cgutils.for_range_slice(builder, start, stop, one) as (entry, _):
        _prefetch(builder, half(builder.add(entry, _INT64(AHEAD)), 0), 8 * width)
        row = builder.load(half(entry, 0), align=4)
        builder.store(builder.fadd(builder.load(total), row), total)
    z = builder.fmul(builder.load(total), _broadcast(builder, args[4], vector))
    with cgutils.for_range_slice(builder, start, stop, one) as (entry, _):
        place = half(entry, 1)
        builder.store(builder.fadd(builder.load(place, align=4), z), place, align=4)
    return context.get_dummy_value()


def _broadcast(builder: Any, scalar: Any, vector: Any) -> Any:
    """A vector whose entries are all `scalar`."""
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, scalar, _INT32(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INT32, vector.count), None))


def _prefetch(builder: Any, address: Any, n_bytes: int) -> None:
    """Ask for the cache lines from `address` on."""
    kind = ir.FunctionType(ir.VoidType(), [_BYTES, _INT32, _INT32, _INT32])
    name = "llvm.prefetch.p0"
    prefetch = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    first = builder.bitcast(address, _BYTES)
    for_reading, near, data = _INT32(0), _INT32(3), _INT32(1)
    for line in range(0, n_bytes, 64):
        builder.call(prefetch, [builder.gep(first, [_INT64(line)]), for_reading, near, data])


_wide_step = _user_step(WIDE)
_narrow_step = _user_step(NARROW)


@jit(nogil=True)
def vector_tile(
    indptr: Rows,
    items: Rows32,
    user_scale: Floats,
    work: Floats,
) -> None:  # pragma: no cover - compiled
    """`gram_kernels.plain_tile`, by vectors."""
    if work.shape[1] == 2 * WIDE:
        for u in range(len(indptr) - 1):
            _wide_step(work, items, indptr[u], indptr[u + 1], user_scale[u])
    else:
        for u in range(len(indptr) - 1):
            _narrow_step(work, items, indptr[u], indptr[u + 1], user_scale[u])
