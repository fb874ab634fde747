#!/usr/bin/python3
"""Measures the coder from memory to memory beside others, in one run on one machine: bytes, and MB/s of raw bytes by
CPU time and by wall time, on one core and on all.

usage: coder.py [--rounds 5] [--repeat 1] [--json OUT] [--svg OUT] [DATA | BASE TUNED ...]

DATA holds one folder a family, with base.safetensors and its fine-tunes (default: tests/data/models); pairs in F32 are
measured in F16 too, rounded. Or name pairs of files. Each round runs every coder once on every pair; what is printed
are medians. Sizes are of the tensors that differ from the base's: an equal one is never stored.
OpenZL takes part where build/test-tools has it (tests/servers/install --openzl).
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from coder_plot import plot
from pairs import pairs_of

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = PROJECT / "build/release/tests/coder_bench"
OPENZL = PROJECT / "build/test-tools/bin/python"
CODERS = ["bitx-zstd3", "ours", "fm-delta", "bitx-zstd1", "bitx-zstd9", "planes-zstd3", "ours-solo"]
ON_ALL_CORES = ["bitx-zstd3", "ours", "ours-solo"]
SPEEDS = ["encode_cpu", "encode_wall", "decode_cpu", "decode_wall"]


def read(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def round_to_f16(path, folder):
    """A copy of a file whose F32 tensors are F16; nothing where it has none."""
    header, data = read(path)
    tensors = {name: tensor for name, tensor in header.items() if tensor.get("dtype") == "F32"}
    if not tensors:
        return None
    body = b""
    for tensor in tensors.values():
        values = np.frombuffer(data[slice(*tensor["data_offsets"])], "<f4")
        rounded = values.astype("<f2").tobytes()
        tensor |= {"dtype": "F16", "data_offsets": [len(body), len(body) + len(rounded)]}
        body += rounded
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    out = folder / f"{path.parent.name}-{path.stem}-f16.safetensors"
    out.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return out


def dtype_of(path):
    bytes_of = defaultdict(int)
    for name, tensor in read(path)[0].items():
        if name != "__metadata__":
            bytes_of[tensor["dtype"]] += tensor["data_offsets"][1] - tensor["data_offsets"][0]
    return max(bytes_of, key=bytes_of.get)


def lines_of(*command):
    return [json.loads(line) for line in subprocess.check_output([str(part) for part in command]).splitlines()]


def openzl():
    """The Python that has OpenZL, or None, saying why."""
    if OPENZL.exists() and subprocess.run([OPENZL, "-c", "import openzl.ext, numpy"], stderr=subprocess.DEVNULL).returncode == 0:
        return OPENZL
    print(f"OpenZL is skipped: {OPENZL.parent} cannot import it; tests/servers/install --openzl puts it there\n")
    return None


def measure(pairs, rounds, repeat):
    """Medians by pair, coder and number of threads."""
    cores = len(os.sched_getaffinity(0))
    python = openzl()
    samples = defaultdict(list)
    for number in range(rounds):
        for pair, base, tuned in pairs:
            lines = lines_of(PROGRAM, 1, repeat, ",".join(CODERS), base, tuned)
            if cores > 1:
                lines += lines_of(PROGRAM, cores, repeat, ",".join(ON_ALL_CORES), base, tuned)
            if python:
                lines += lines_of(python, PROJECT / "tests/bench/coder_openzl.py", repeat, base, tuned)
            for line in lines:
                samples[pair, line["coder"], line["threads"]].append(line)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    rows = []
    for (pair, coder, threads), some in samples.items():
        row = {"pair": pair, "dtype": dtype_of({p: t for p, _, t in pairs}[pair]), "coder": coder, "threads": threads}
        row |= {key: some[0][key] for key in ("raw", "equal", "stored")}
        rows.append(row | {key: statistics.median(one[key] for one in some) for key in SPEEDS})
    return rows


def totals(rows):
    """Of all pairs of a dtype, by coder and threads: bytes add up, and so do times."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["dtype"], row["coder"], row["threads"]].append(row)
    for (dtype, coder, threads), some in groups.items():
        raw = sum(row["raw"] for row in some)
        total = {"pair": f"all {dtype}", "dtype": dtype, "coder": coder, "threads": threads, "raw": raw}
        total["stored"] = sum(row["stored"] for row in some)
        yield total | {key: raw / sum(row["raw"] / row[key] for row in some) for key in SPEEDS}


def report(rows):
    by_key = {(row["pair"], row["coder"], row["threads"]): row for row in rows}
    head = ["pair", "coder", "cores", "bytes", "of raw", "of bitx-zstd3", "of fm-delta"]
    head += ["encode MB/s CPU", "wall", "of bitx-zstd3", "decode MB/s CPU", "wall", "of bitx-zstd3"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        rival = by_key.get((row["pair"], "bitx-zstd3", row["threads"]), row)
        fm_delta = by_key[row["pair"], "fm-delta", 1]
        cells = [row["pair"], row["coder"], str(row["threads"]), f"{row['stored']:,}", f"{row['stored'] / row['raw']:.2%}"]
        cells += [f"{row['stored'] / other['stored']:.3f}" for other in (rival, fm_delta)]
        for direction in ("encode", "decode"):
            cells += [f"{row[f'{direction}_{clock}']:.0f}" for clock in ("cpu", "wall")]
            cells.append(f"{row[f'{direction}_cpu'] / rival[f'{direction}_cpu']:.2f}")
        print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("paths", type=Path, nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bitx-bench.") as scratch:
        if len(options.paths) > 1:
            files = iter(options.paths)
            pairs = [(f"{base.stem} -> {tuned.stem}", base, tuned) for base, tuned in zip(files, files)]
        else:
            pairs = list(pairs_of(options.paths[0] if options.paths else PROJECT / "tests/data/models"))
        for name, base, tuned in list(pairs):
            rounded = [round_to_f16(path, Path(scratch)) for path in (base, tuned)]
            if all(rounded):
                pairs.append((f"{name} in F16", *rounded))
        rows = measure(pairs, options.rounds, options.repeat)
    rows += list(totals(rows))
    report(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(plot([row for row in rows if row["pair"].startswith("all ") and row["threads"] == 1]))


if __name__ == "__main__":
    main()
