"""Codes one safetensors file by OpenZL (PyPI), as coder_bench does by other coders, and prints a line of JSON.

usage: coder_openzl.py REPEAT BASE TUNED

Tensors that BASE holds bit by bit are left out. Each 2 MiB of the others goes through OpenZL's own decomposition of
floats (exponent entropy-coded, sign and fraction compressed) (openzl-solo), and the XOR with BASE
through its byte transposition (openzl-xor): OpenZL has no codec for a base.
"""
import json
import struct
import sys
import time

import numpy as np
import openzl.ext as zl

FRAME = 2 << 20
WIDTHS = {"BF16": 2, "F16": 2, "F32": 4}
SPLITS = {"BF16": zl.nodes.BFloat16Deconstruct, "F16": zl.nodes.Float16Deconstruct, "F32": zl.nodes.Float32Deconstruct}


def tensors(path):
    data = np.fromfile(path, np.uint8)
    length = struct.unpack("<Q", data[:8].tobytes())[0]
    header = json.loads(data[8 : 8 + length].tobytes())
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in tensor["data_offsets"])
            yield name, tensor["dtype"], data[begin:end]


def compressor(dtype, delta):
    made = zl.Compressor()
    made.set_parameter(zl.CParam.FormatVersion, zl.MAX_FORMAT_VERSION)
    compress = zl.graphs.Compress()(made)
    if delta:
        graph = zl.nodes.ConvertNumToStructLE()(made, zl.nodes.TransposeSplit()(made, compress))
    else:
        graph = SPLITS[dtype]()(made, sign_frac=compress, exponent=zl.graphs.Entropy()(made))
    made.select_starting_graph(graph)
    return made


class Coder:
    def __init__(self, delta):
        self.delta = delta
        self.compressors = {dtype: compressor(dtype, delta) for dtype in WIDTHS}
        self.reader = zl.DCtx()

    def encode(self, dtype, raw, base):
        if self.delta and base is not None:
            raw = raw ^ base
        words = raw.view(f"<u{WIDTHS[dtype]}")
        context = zl.CCtx()
        context.ref_compressor(self.compressors[dtype])
        return context.compress([zl.Input(zl.Type.Numeric, words)])

    def decode(self, stored, base):
        raw = np.frombuffer(self.reader.decompress(stored)[0].content.as_bytes(), np.uint8)
        return raw ^ base if self.delta and base is not None else raw


def frames(base_path, tuned_path):
    bases = {name: (dtype, data) for name, dtype, data in tensors(base_path)} if base_path else {}
    equal, found = 0, []
    for name, dtype, data in tensors(tuned_path):
        base = bases.get(name, (None, None))
        base = base[1] if base[0] == dtype and len(base[1]) == len(data) else None
        if base is not None and np.array_equal(base, data):
            equal += len(data)
        elif dtype in WIDTHS:
            for at in range(0, len(data), FRAME):
                found.append((dtype, data[at : at + FRAME], base[at : at + FRAME] if base is not None else None))
    return equal, found


def main():
    repeat, base, tuned = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    equal, found = frames(base, tuned)
    raw = sum(len(frame[1]) for frame in found)
    for name, delta in (("openzl-xor", True), ("openzl-solo", False)):
        coder = Coder(delta)
        line = {"coder": name, "threads": 1, "raw": raw, "equal": equal}
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(repeat):
            stored = [coder.encode(*frame) for frame in found]
        line["encode_cpu"] = 1e-6 * raw * repeat / (time.process_time() - cpu)
        line["encode_wall"] = 1e-6 * raw * repeat / (time.perf_counter() - wall)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(repeat):
            decoded = [coder.decode(one, frame[2]) for one, frame in zip(stored, found)]
        line["decode_cpu"] = 1e-6 * raw * repeat / (time.process_time() - cpu)
        line["decode_wall"] = 1e-6 * raw * repeat / (time.perf_counter() - wall)
        if not all(np.array_equal(one, frame[1]) for one, frame in zip(decoded, found)):
            sys.exit(f"{name} does not give back {tuned}")
        line["stored"] = sum(map(len, stored))
        print(json.dumps(line), flush=True)


main()
