"""The inner loop of the Gram products: one pass over the users for a tile of columns.

Users and items are rows of 32 (or 16) numbers, so the sums are written as vectors of that
length: LLVM turns them into whatever registers the processor has, and numba's own loops of
so few steps would not be vectorised at all (measured: three times slower). Items to come
are prefetched, since the access is random and otherwise waits for memory each time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

WIDE, NARROW = 32, 16
"""Columns of a tile; with their sums, 256 and 128 bytes for each item."""
AHEAD = 8
"""How many entries before its use an item is prefetched: `items` ends with as many zeros."""

_INT64, _INT32, _BYTES = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


def _user_step(width: int) -> Any:
    """The intrinsic `step(work, items, start, stop, scale)` for tiles of `width` columns."""

    @intrinsic
    def step(_context, work, items, _start, _stop, _scale):  # type: ignore[no-untyped-def]
        signature = types.void(work, items, types.int64, types.int64, types.float32)
        return signature, lambda *parts: _generate(width, *parts)

    return step


def _generate(width, context, builder, signature, args):  # type: ignore[no-untyped-def]
    """z = scale * (sum of the left halves of the items' rows), then added to their right halves."""
    work, items = (context.make_array(signature.args[i])(context, builder, args[i]) for i in (0, 1))
    start, stop, one = args[2], args[3], _INT64(1)
    vector = ir.VectorType(ir.FloatType(), width)
    halves = builder.bitcast(work.data, vector.as_pointer())

    def half(entry, side):  # type: ignore[no-untyped-def]
        row = builder.zext(builder.load(builder.gep(items.data, [entry])), _INT64)
        return builder.gep(halves, [builder.add(builder.shl(row, one), _INT64(side))])

    total = cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * width))
    with cgutils.for_range_slice(builder, start, stop, one) as (entry, _):
        _prefetch(builder, half(builder.add(entry, _INT64(AHEAD)), 0), 8 * width)
        row = builder.load(half(entry, 0), align=4)
        builder.store(builder.fadd(builder.load(total), row), total)
    z = builder.fmul(builder.load(total), _broadcast(builder, args[4], vector))
    with cgutils.for_range_slice(builder, start, stop, one) as (entry, _):
        place = half(entry, 1)
        builder.store(builder.fadd(builder.load(place, align=4), z), place, align=4)
    return context.get_dummy_value()


def _broadcast(builder, scalar, vector):  # type: ignore[no-untyped-def]
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, scalar, _INT32(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INT32, vector.count), None))


def _prefetch(builder, address, n_bytes):  # type: ignore[no-untyped-def]
    kind = ir.FunctionType(ir.VoidType(), [_BYTES, _INT32, _INT32, _INT32])
    prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    first = builder.bitcast(address, _BYTES)
    for_reading, near, data = _INT32(0), _INT32(3), _INT32(1)
    for line in range(0, n_bytes, 64):
        builder.call(prefetch, [builder.gep(first, [_INT64(line)]), for_reading, near, data])


_wide_step = _user_step(WIDE)
_narrow_step = _user_step(NARROW)


@njit(nogil=True, cache=True)
def gram_tile(
    indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    user_scale: NDArray[np.float32],
    work: NDArray[np.float32],
) -> None:  # pragma: no cover - compiled
    """Add scale_u (sum over u's items j of q_j) to y_j for each of them, for every user u.

    Parameters
    ----------
    indptr, items : CSR over users; `items` ends with AHEAD zeros
    user_scale : float32 array, shape (n_users,)
    work : float32 array, shape (n_items, 2 * width), C order, width WIDE or NARROW
        `q_j` in the left half of row j, `y_j` in the right.
    """
    if work.shape[1] == 2 * WIDE:
        for u in range(len(indptr) - 1):
            _wide_step(work, items, indptr[u], indptr[u + 1], user_scale[u])
    else:
        for u in range(len(indptr) - 1):
            _narrow_step(work, items, indptr[u], indptr[u + 1], user_scale[u])


@njit(nogil=True, cache=True)
def load_tile(
    block: NDArray[np.float32],
    item_scale: NDArray[np.float32],
    first: int,
    work: NDArray[np.float32],
) -> None:  # pragma: no cover - compiled
    """Columns `first` on of the block into the left half of `work`, scaled; zeros elsewhere."""
    # Unsigned: numba then leaves out the test for negative indices, and LLVM vectorises.
    width = np.uint64(work.shape[1] // 2)
    size = np.uint64(min(work.shape[1] // 2, block.shape[1] - first))
    start = np.uint64(first)
    for row in range(np.uint64(len(block))):
        scale = item_scale[row]
        for f in range(size):
            work[row, f] = block[row, start + f] * scale
        for f in range(size, width + width):
            work[row, f] = np.float32(0)


@njit(nogil=True, cache=True)
def store_tile(
    block: NDArray[np.float32],
    item_scale: NDArray[np.float32],
    diagonal: NDArray[np.float32],
    first: int,
    work: NDArray[np.float32],
) -> None:  # pragma: no cover - compiled
    """The right half of `work`, scaled, plus `diagonal` times the block, over the block's columns."""
    width = np.uint64(work.shape[1] // 2)
    size = np.uint64(min(work.shape[1] // 2, block.shape[1] - first))
    start = np.uint64(first)
    for row in range(np.uint64(len(block))):
        scale, own = item_scale[row], diagonal[row]
        for f in range(size):
            block[row, start + f] = work[row, width + f] * scale + own * block[row, start + f]


@njit(cache=True)
def rarest_item(
    starts: NDArray[np.int64], degrees: NDArray[np.int64], items: NDArray[np.int32], rank: NDArray[np.int32]
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    """The highest rank among the items of each user."""
    out = np.zeros(len(starts), dtype=np.int32)
    for u in range(len(starts)):
        for n in range(starts[u], starts[u] + degrees[u]):
            out[u] = max(out[u], rank[items[n]])
    return out


@njit(cache=True)
def gather_ranks(
    starts: NDArray[np.int64], indptr: NDArray[np.int64], items: NDArray[np.int32], rank: NDArray[np.int32]
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    """The ranks of the items of the users in their new order, and AHEAD zeros."""
    out = np.zeros(indptr[-1] + AHEAD, dtype=np.int32)
    for u in range(len(starts)):
        for n in range(indptr[u + 1] - indptr[u]):
            out[indptr[u] + n] = rank[items[starts[u] + n]]
    return out


@njit(cache=True)
def squared_norm(
    indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    user_scale: NDArray[np.float32],
    item_scale: NDArray[np.float32],
) -> float:  # pragma: no cover - compiled
    """Sum of the squares of the entries, in float64; `user_scale` is squared already."""
    total = 0.0
    for u in range(len(indptr) - 1):
        part = 0.0
        for n in range(indptr[u], indptr[u + 1]):
            part += np.float64(item_scale[items[n]]) ** 2
        total += part * user_scale[u]
    return total
