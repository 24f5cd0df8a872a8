"""Weights are read from both forms that torch.save has had, and nothing in a file is ever run."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.networks.torch_file import read_weights

FIRST = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
TURNED = np.arange(6, dtype=np.float32).reshape(2, 3).T
COUNT = np.array([7], np.int64)


class Stored:
    def __init__(self, key: str, array: np.ndarray, kind: Any) -> None:
        self.key, self.array, self.kind = key, array, kind


class Tensor:
    def __init__(self, stored: Stored, strides: tuple[int, ...]) -> None:
        self.stored, self.strides = stored, strides


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """What torch.save's pickles refer to, as far as pickling goes."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch", "__qualname__": kind}))

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return torch


def state(torch: types.ModuleType) -> OrderedDict[str, Tensor]:
    def tensor(key: str, array: np.ndarray, kind: str) -> Tensor:
        stored = Stored(key, np.lib.stride_tricks.as_strided(array), getattr(torch, kind))
        return Tensor(stored, tuple(step // array.itemsize for step in array.strides))

    return OrderedDict(
        first=tensor("10", FIRST, "FloatStorage"),
        turned=tensor("11", TURNED, "FloatStorage"),
        count=tensor("12", COUNT, "LongStorage"),
    )


def pickled(value: Any, is_old: bool) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, given: Any) -> Any:
            if not isinstance(given, Stored):
                return None
            view = (None,) if is_old else ()
            return ("storage", given.kind, given.key, "cpu", given.array.size, *view)

        def reducer_override(self, given: Any) -> Any:
            if not isinstance(given, Tensor):
                return NotImplemented
            rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
            shape = given.stored.array.shape
            return rebuild, (given.stored, 0, shape, given.strides, False, OrderedDict())

    out = io.BytesIO()
    Pickler(out, 2).dump(value)
    return out.getvalue()


def numbers(array: np.ndarray) -> bytes:
    """In the order of memory, as a storage holds them."""
    return (array.T if array is TURNED else array).tobytes()


def old_file(torch: types.ModuleType) -> bytes:
    head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    data = b"".join(pickle.dumps(part, 2) for part in head)
    data += pickled(state(torch), is_old=True) + pickle.dumps(["11", "10", "12"], 2)
    for array in (TURNED, FIRST, COUNT):
        data += struct.pack("<q", array.size) + numbers(array)
    return data


def new_file(torch: types.ModuleType) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(state(torch), is_old=False))
        for key, array in (("10", FIRST), ("11", TURNED), ("12", COUNT)):
            archive.writestr(f"archive/data/{key}", numbers(array))
    return out.getvalue()


@pytest.mark.parametrize("made", [old_file, new_file])
def test_arrays_come_back_in_their_shapes_and_counters_are_left_out(
    made: Any, names: types.ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(made(names))
    found = read_weights(path)
    assert list(found) == ["first", "turned"]
    np.testing.assert_array_equal(found["first"], FIRST)
    np.testing.assert_array_equal(found["turned"], TURNED)
    assert all(array.dtype == np.float32 for array in found.values())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_read_and_never_crashes(
    names: types.ModuleType, tmp_path: Path, data: st.DataObject
) -> None:
    whole = bytearray(data.draw(st.sampled_from([old_file, new_file]))(names))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "weights.pth"
    path.write_bytes(whole[: data.draw(st.sampled_from([len(whole), at]))])
    with suppress(ValueError):
        read_weights(path)


class Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_what_a_pickle_wants_called_is_refused_and_not_called(tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.pth", tmp_path / "was-called"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"first": Hostile(trace)}))
    with pytest.raises(ValueError, match="has no place among weights"):
        read_weights(path)
    assert not trace.exists()
