"""Arrays in compiled code over memory at an address; who passes one keeps alive what lies there."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types
from numba.np.arrayobj import make_array, populate_array

from media.plane import layout as c
from media.plane.compiled import hot, intrinsic
from media.plane.legs import LANE, LEG, PLAYER, ROOM, Integer, LegTable

# Numba's stubs know nothing of how arrays are made.
_make_array: Any = make_array
_populate_array: Any = populate_array
_from_dtype: Any = numba.from_dtype


def array_of(layout: Any, dimensions: int) -> Any:
    """Return the type of arrays whose rows lie one after another."""
    form: Any = types.Array
    return form(_from_dtype(np.dtype(layout)), dimensions, "C")


def _builder_of(array_type: Any, layout: Any) -> Any:
    itemsize = np.dtype(layout).itemsize

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, *shape = arguments
        array = _make_array(array_type)(context, builder)
        word = context.get_value_type(types.intp)
        strides: list[Any] = []
        stride = word(itemsize)
        for extent in reversed(shape):
            strides.insert(0, stride)
            stride = builder.mul(stride, extent)
        data = builder.inttoptr(address, array.data.type)
        _populate_array(array, data=data, shape=shape, strides=strides, itemsize=word(itemsize), meminfo=None)
        return array._getvalue()

    return build


def _rows_at(layout: Any) -> Any:
    row_type = array_of(layout, 1)

    @intrinsic
    def at(typing_context: Any, address: Any, rows: Any) -> Any:
        return row_type(types.int64, types.int64), _builder_of(row_type, layout)

    return at


def _table_of(layout: Any) -> Any:
    table_form = array_of(layout, 2)

    @intrinsic
    def at(typing_context: Any, address: Any, rows: Any, columns: Any) -> Any:
        return table_form(types.int64, types.int64, types.int64), _builder_of(table_form, layout)

    return at


words_at, samples_at = _rows_at(np.int64), _rows_at(np.int16)
word_rows_at, sample_rows_at, _indices_at = _table_of(np.int64), _table_of(np.int16), _table_of(np.int32)
_legs_at, _lanes_at, _rooms_at, _players_at = (_rows_at(layout) for layout in (LEG, LANE, ROOM, PLAYER))


@hot
def table_at(parts: Integer) -> LegTable:
    """Return the table whose parts lie where the words at ``parts`` say: :meth:`LegTable.addresses`."""
    words = words_at(parts, np.int64(7))
    rows = words[6]
    return LegTable(
        _legs_at(words[0], rows),
        _lanes_at(words[1], np.int64(1)),
        _indices_at(words[2], np.int64(c.PHASES), rows),
        _rooms_at(words[3], rows),
        _players_at(words[4], c.PLAYERS * rows),
        _indices_at(words[5], np.int64(c.PHASES), rows),
    )


def table_type() -> Any:
    """Return numba's type of the table that :func:`table_at` makes."""
    form: Any = types.NamedTuple
    indices = array_of(np.int32, 2)
    rows = [array_of(layout, 1) for layout in (LEG, LANE, ROOM, PLAYER)]
    return form([rows[0], rows[1], indices, rows[2], rows[3], indices], LegTable)
