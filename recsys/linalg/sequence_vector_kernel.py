"""The loop over sequences as vector instructions, written in LLVM's own language.

As in `recsys.linalg.vector_kernel`: a row of a tile is one vector, the states of the recursion
stay in registers, and items are prefetched. `recsys.linalg.sequence_tile` falls back on the
plain loop where this does not compile.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.kernel_cache import jit
from recsys.linalg.gram_kernels import AHEAD, NARROW, WIDE
from recsys.linalg.sequence_kernels import N_TERMS
from recsys.linalg.vector_kernel import _INT64, _broadcast, _prefetch


def _sequence_step(width: int) -> Any:
    """The intrinsic `step(work, items, fresh, weights, start, stop, scale)` for tiles of `width` columns."""

    @intrinsic
    def step(
        _context: Any,
        work: Any,
        items: Any,
        fresh: Any,
        weights: Any,
        _start: Any,
        _stop: Any,
        _scale: Any,
    ) -> Any:
        signature = types.void(work, items, fresh, weights, types.int64, types.int64, types.float32)
        return signature, lambda *parts: _generate(width, *parts)

    return step


def _generate(width: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Both directions over one sequence."""
    work, items, fresh, weights = (
        context.make_array(signature.args[i])(context, builder, args[i]) for i in range(4)
    )
    start, stop, scale = args[4:]
    vector, one = ir.VectorType(ir.FloatType(), width), _INT64(1)
    halves = builder.bitcast(work.data, vector.as_pointer())
    nothing = ir.Constant(vector, [0.0] * width)

    def half(entry: Any, side: int) -> Any:
        row = builder.zext(builder.load(builder.gep(items.data, [entry])), _INT64)
        return builder.gep(halves, [builder.add(builder.shl(row, one), _INT64(side))])

    def weight(position: int) -> Any:
        return builder.load(builder.gep(weights.data, [_INT64(position)]))

    def spread(value: Any) -> Any:
        return _broadcast(builder, value, vector)

    lambdas = [spread(weight(3 + k)) for k in range(N_TERMS)]
    factors = [spread(weight(3 + N_TERMS + k)) for k in range(N_TERMS)]
    near = spread(builder.fmul(scale, weight(2)))
    last, length = builder.sub(stop, one), builder.sub(stop, start)
    for direction in (0, 1):
        far = spread(builder.fmul(scale, weight(direction)))
        *states, group = (
            cgutils.alloca_once_value(builder, nothing)  # type: ignore[no-untyped-call]
            for _ in range(N_TERMS + 1)
        )
        with cgutils.for_range(builder, length) as loop:
            if direction == 0:
                entry = flag = builder.add(start, loop.index)
                _prefetch(builder, half(builder.add(entry, _INT64(AHEAD)), 0), 8 * width)
            else:
                entry = builder.sub(last, loop.index)
                flag = builder.add(entry, one)
            begins = builder.icmp_unsigned(
                "!=", builder.load(builder.gep(fresh.data, [flag])), ir.IntType(8)(0)
            )
            with builder.if_then(begins):
                before = builder.load(group)
                for slot, decay, factor in zip(states, lambdas, factors, strict=True):
                    total = builder.fadd(builder.load(slot), builder.fmul(factor, before))
                    builder.store(builder.fmul(decay, total), slot)
                builder.store(nothing, group)
            before = builder.load(group)
            total = builder.load(states[0])
            for slot in states[1:]:
                total = builder.fadd(total, builder.load(slot))
            added = builder.fadd(builder.fmul(far, total), builder.fmul(near, before))
            place = half(entry, 1)
            builder.store(builder.fadd(builder.load(place, align=4), added), place, align=4)
            builder.store(builder.fadd(before, builder.load(half(entry, 0), align=4)), group)
    return context.get_dummy_value()


_wide_step = _sequence_step(WIDE)
_narrow_step = _sequence_step(NARROW)


@jit(nogil=True)
def vector_tile(
    indptr: Rows, items: Rows32, fresh: Mask, scale: Floats, weights: Floats, work: Floats
) -> None:  # pragma: no cover - compiled
    """`sequence_kernels.plain_tile`, by vectors."""
    if work.shape[1] == 2 * WIDE:
        for u in range(len(indptr) - 1):
            _wide_step(work, items, fresh, weights, indptr[u], indptr[u + 1], scale[u])
    else:
        for u in range(len(indptr) - 1):
            _narrow_step(work, items, fresh, weights, indptr[u], indptr[u + 1], scale[u])
