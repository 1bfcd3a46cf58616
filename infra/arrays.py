"""Decodes arrays in PostgreSQL's binary format (array_send) into numpy, without one Python object per element."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

# A header of five int32, then each element after its int32 length.
HEADER: Final = 20
_SHORT: Final = np.dtype([("length", ">i4"), ("value", ">i2")])
_INT: Final = np.dtype([("length", ">i4"), ("value", ">i4")])
_LONG: Final = np.dtype([("length", ">i4"), ("value", ">i8")])


def shorts(sent: Sequence[bytes]) -> npt.NDArray[np.int16]:
    """The elements of several int2[], concatenated."""
    return np.frombuffer(_elements(sent), _SHORT)["value"].astype(np.int16)


def ints(sent: Sequence[bytes]) -> npt.NDArray[np.int32]:
    """The elements of several int4[], concatenated."""
    return np.frombuffer(_elements(sent), _INT)["value"].astype(np.int32)


def longs(sent: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """The elements of several int8[], concatenated."""
    return np.frombuffer(_elements(sent), _LONG)["value"].astype(np.int64)


def short_lengths(sent: Sequence[bytes]) -> list[int]:
    """The number of elements of each int2[]. The header of an empty array is shorter by two int32."""
    return [max(len(each) - HEADER, 0) // _SHORT.itemsize for each in sent]


def length_of_longs(length_of_shorts: int) -> int:
    """The bytes of an int8[], from those of an int2[] of as many elements."""
    elements = max(length_of_shorts - HEADER, 0) // _SHORT.itemsize
    return length_of_shorts + elements * (_LONG.itemsize - _SHORT.itemsize)


def _elements(sent: Sequence[bytes]) -> bytes:
    return b"".join(each[HEADER:] for each in sent)
