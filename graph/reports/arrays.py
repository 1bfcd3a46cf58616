"""Arrays as PostgreSQL's array_send writes them, read as numpy arrays: no object an element."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.object_]

# A header of five int32, then each element after its int32 length.
_HEADER: Final = 20
_SHORT: Final = np.dtype([("length", ">i4"), ("value", ">i2")])
_INT: Final = np.dtype([("length", ">i4"), ("value", ">i4")])
_LONG: Final = np.dtype([("length", ">i4"), ("value", ">i8")])

# Of numbers below it, 256 add up within 64 bits: more than a day has hours.
_SAFE: Final = 1 << 55


def shorts(sent: Sequence[bytes]) -> npt.NDArray[np.int16]:
    """The elements of several int2[], one behind the other."""
    return np.frombuffer(_elements(sent), _SHORT)["value"].astype(np.int16)


def ints(sent: Sequence[bytes]) -> npt.NDArray[np.int32]:
    """The elements of several int4[], one behind the other."""
    return np.frombuffer(_elements(sent), _INT)["value"].astype(np.int32)


def longs(sent: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """The elements of several int8[], one behind the other."""
    return np.frombuffer(_elements(sent), _LONG)["value"].astype(np.int64)


def short_lengths(sent: Sequence[bytes]) -> list[int]:
    """How many elements each int2[] has."""
    return [max(len(each) - _HEADER, 0) // _SHORT.itemsize for each in sent]


def exact(columns: Sequence[npt.NDArray[np.int64] | Sequence[int]]) -> Numbers:
    """Columns of equal length as rows of one array, of Python's integers where sums of 64 bits might overflow."""
    try:
        numbers = np.array(columns, np.int64)
    except OverflowError:
        return np.array(columns, object)
    return numbers if abs(numbers.clip(-_SAFE, _SAFE)).max(initial=0) < _SAFE else numbers.astype(object)


def _elements(sent: Sequence[bytes]) -> bytes:
    return b"".join(each[_HEADER:] for each in sent)
