"""Write a network as ONNX, so that onnxruntime runs weights that come in another form.

ONNX files are Protocol Buffers messages (onnx/onnx.proto of the ONNX project). Only the handful of
messages that plain layers need are written here; that is less than a dependency to carry.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.int64] | NDArray[np.uint8]
Attribute = int | float | str | Sequence[int]

_TYPES = {"float32": 1, "uint8": 2, "int64": 7}
"""numpy's names to TensorProto.DataType."""

_IR_VERSION = 8
_OPSET = 17


class GraphWriter:
    """A graph that grows node by node in the order of computation."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._count = 0

    def input(self, name: str, dtype: str, shape: Sequence[int | str]) -> str:
        """Declare an input; returns its name. A size that is left open has a name instead."""
        self._inputs.append(_value_info(name, dtype, shape))
        return name

    def constant(self, array: Array) -> str:
        """A constant; returns its name."""
        name = self._name()
        self._constants.append(
            b"".join(_int(1, size) for size in array.shape)
            + _int(2, _TYPES[array.dtype.name])
            + _text(8, name)
            + _bytes(9, np.ascontiguousarray(array).tobytes())
        )
        return name

    def node(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Apply an operator of ONNX with one output; returns the output's name."""
        name = self._name()
        self._nodes.append(
            b"".join(_text(1, given) for given in inputs)
            + _text(2, name)
            + _text(4, operator)
            + b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        )
        return name

    def model(self, outputs: Sequence[tuple[str, Sequence[int | str]]]) -> bytes:
        """The finished file. `outputs` are names of float32 results, with their shapes."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "graph")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, value) for value in self._inputs)
        graph += b"".join(_bytes(12, _value_info(name, "float32", s)) for name, s in outputs)
        return _int(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _int(2, _OPSET))

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written as 64-bit two's complement
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _attribute(name: str, value: Attribute) -> bytes:
    """AttributeProto: its kind (field 20) says which of its fields holds the value."""
    head = _text(1, name)
    if isinstance(value, int):
        return head + _int(3, value) + _int(20, 2)
    if isinstance(value, float):
        return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _int(20, 1)
    if isinstance(value, str):
        return head + _text(4, value) + _int(20, 3)
    return head + b"".join(_int(8, part) for part in value) + _int(20, 7)


def _value_info(name: str, dtype: str, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(
        _bytes(1, _text(2, size) if isinstance(size, str) else _int(1, size)) for size in shape
    )
    tensor = _int(1, _TYPES[dtype]) + _bytes(2, sizes)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))
