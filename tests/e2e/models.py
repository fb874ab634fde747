"""Safetensors files as values: read, changed and written by numpy, to make variants of real models."""
import json
from pathlib import Path

import numpy as np


def read(path):
    """name -> (dtype, shape, bytes), in the order of the file's bytes."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        found[name] = (entry["dtype"], entry["shape"], data[8 + length + begin : 8 + length + end])
    return found


def write(path, tensors, metadata=None):
    """Writes tensors in the order that they are given in. Returns the path."""
    header, at = {"__metadata__": metadata or {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
    return write_raw(path, header, b"".join(data for _, _, data in tensors.values()))


def write_raw(path, header, data):
    """A file with any header, sound or not: an object, or bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data)
    return Path(path)


def bf16_to_f32(data):
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)


def f32_to_bf16(values):
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + ((bits >> 16) & 1) + 0x7FFF) >> 16).astype("<u2").tobytes()


def moved(tensors, step, seed=1):
    """The BF16 tensors moved as one more optimizer step of about `step` moves them; what is not BF16 stays."""
    rng = np.random.default_rng(seed)
    result = {}
    for name, (dtype, shape, data) in tensors.items():
        if dtype == "BF16":
            values = bf16_to_f32(data)
            data = f32_to_bf16(values + step * rng.standard_normal(values.size, dtype=np.float32))
        result[name] = (dtype, shape, data)
    return result
