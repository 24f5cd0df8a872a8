"""Arrays from a file that torch.save wrote, without torch and without running what it says.

Such a file holds a pickle that names the arrays, and their raw bytes: as members of a ZIP archive
(since torch 1.6), or behind the pickle (before). A pickle may call whatever it names; the reader
here knows four harmless names and refuses every other one, so a file can describe arrays and do
nothing else.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True)
class _Stored:
    """A run of numbers in the file: the member or key that holds it, its type and count."""

    key: str
    dtype: str
    size: int


@dataclass(frozen=True)
class _Array:
    """A view on stored numbers; `offset` and `strides` count numbers."""

    stored: _Stored
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Builds dictionaries of `_Array`; any other name in the pickle is an error."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.stored: dict[str, _Stored] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _described
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise ValueError(f"it names {module}.{name}, which has no place among weights")

    def persistent_load(self, pid: Any) -> _Stored:
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or dtype not in _STORAGES.values() or any(view):
            raise ValueError(f"it refers to {pid!r}, which is no storage of numbers")
        return self.stored.setdefault(str(key), _Stored(str(key), dtype, int(size)))


def _described(stored: _Stored, offset: int, shape: Any, strides: Any, *_: Any) -> _Array:
    return _Array(stored, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def read_weights(path: Path) -> Weights:
    """The float32 arrays of the saved dictionary, by name, in their shapes. Raises ValueError."""
    try:
        found, numbers = _read_zip(path) if zipfile.is_zipfile(path) else _read_stream(path)
        if not isinstance(found, dict):
            raise ValueError("it holds no dictionary of arrays")
        return {
            str(name): _array(array, numbers[array.stored.key])
            for name, array in found.items()
            if isinstance(array, _Array) and array.stored.dtype == "<f4"
        }
    except (
        pickle.UnpicklingError, zipfile.BadZipFile, struct.error,
        ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError,
    ) as error:  # whatever damaged bytes can make of a pickle  # fmt: skip
        raise ValueError(f"{path.name} was not written by torch.save: {error}") from error


def _read_zip(path: Path) -> tuple[Any, dict[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = {name.partition("/")[2]: name for name in archive.namelist()}
        found = _Unpickler(io.BytesIO(archive.read(members["data.pkl"]))).load()
        numbers = {
            name.removeprefix("data/"): archive.read(member)
            for name, member in members.items()
            if name.startswith("data/")
        }
    return found, numbers


def _read_stream(path: Path) -> tuple[Any, dict[str, bytes]]:
    """The older form: magic number, version, facts of the machine, the pickle, a list of keys, and
    for each key a count and its numbers."""
    with path.open("rb") as file:
        if (_Unpickler(file).load(), _Unpickler(file).load()) != (_MAGIC, _PROTOCOL):
            raise ValueError("the magic number is another one")
        facts = _Unpickler(file).load()
        if not facts.get("little_endian", False):
            raise ValueError("its numbers are big-endian")
        unpickler = _Unpickler(file)
        found = unpickler.load()
        keys = _Unpickler(file).load()
        return found, {key: _numbers(file, unpickler.stored[key]) for key in keys}


def _numbers(file: IO[bytes], stored: _Stored) -> bytes:
    file.read(8)
    size_bytes = stored.size * np.dtype(stored.dtype).itemsize
    data = file.read(size_bytes)
    if size_bytes < 0 or len(data) != size_bytes:
        raise ValueError("it ends too early")
    return data


def _array(array: _Array, data: bytes) -> NDArray[np.float32]:
    """The numbers in their shape. Raises ValueError when the shape reaches beyond them."""
    flat = np.frombuffer(data, array.stored.dtype)
    reach = array.offset + sum(
        (n - 1) * step for n, step in zip(array.shape, array.strides, strict=True)
    )
    if array.offset < 0 or any(n < 1 for n in array.shape) or min(array.strides, default=0) < 0:
        raise ValueError(f"an array of shape {array.shape} has no place in it")
    if reach >= flat.size:
        raise ValueError(f"an array reaches to number {reach} of {flat.size}")
    steps = tuple(step * flat.itemsize for step in array.strides)
    view = np.lib.stride_tricks.as_strided(flat[array.offset :], array.shape, steps)
    return np.ascontiguousarray(view, np.float32)
