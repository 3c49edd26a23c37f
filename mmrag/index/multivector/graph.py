"""The one matrix product of MaxSim as an ONNX graph, so that onnxruntime's kernels run it.

onnxruntime is in every install and has what numpy's BLAS lacks: float16 read as it stands, and int8
products on VNNI and AMX. The graphs are a few nodes long, so they are written here byte by byte, in the wire
format of protobuf with the field numbers of ``onnx.proto3`` (ONNX IR version 8, operator set 13).
"""

from __future__ import annotations

from collections.abc import Sequence

FLOAT, UINT8, INT8, FLOAT16 = 1, 2, 3, 10


def maxsim_graph(kind: int) -> bytes:
    """A model: ``codes (blocks, rows, dim) x query (dim, m) -> maxima (blocks, m)`` float32.

    Args:
        kind: element type of ``codes``. UINT8 goes with an INT8 ``query``, the others with a FLOAT one.
    """
    whole = kind == UINT8
    inputs = [_value("codes", kind), _value("query", INT8 if whole else FLOAT)]
    factors = ["rows" if kind == FLOAT16 else "codes", "query"]
    nodes = [_cast("codes", "rows")] if kind == FLOAT16 else []
    nodes.append(_node("MatMulInteger" if whole else "MatMul", factors, "products"))
    over_rows = [
        _message(5, _text(1, "axes") + _number(8, 1) + _number(20, 7)),
        _message(5, _text(1, "keepdims") + _number(3, 0) + _number(20, 2)),
    ]
    nodes.append(_node("ReduceMax", ["products"], "largest" if whole else "maxima", over_rows))
    if whole:
        nodes.append(_cast("largest", "maxima"))
    graph = b"".join(_message(1, node) for node in nodes) + _text(2, "maxsim")
    graph += b"".join(_message(11, value) for value in inputs) + _message(12, _value("maxima", FLOAT))
    return _number(1, 8) + _message(7, graph) + _message(8, _text(1, "") + _number(2, 13))


def _cast(source: str, target: str) -> bytes:
    return _node("Cast", [source], target, [_message(5, _text(1, "to") + _number(3, FLOAT) + _number(20, 2))])


def _node(operator: str, inputs: Sequence[str], output: str, attributes: Sequence[bytes] = ()) -> bytes:
    names = b"".join(_text(1, name) for name in inputs)
    return names + _text(2, output) + _text(4, operator) + b"".join(attributes)


def _value(name: str, kind: int) -> bytes:
    return _text(1, name) + _message(2, _message(1, _number(1, kind)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
