#!/usr/bin/python3
"""Cuts the small models of tests/data/models out of larger ones: whole tensors, and the first rows of some.

usage: cut.py SOURCE [OUT]

SOURCE holds minilm-bf16/, minilm-f16/ and rxnfp-f32/ with base.safetensors, tuned.safetensors …; OUT is
tests/data/models by default. The bytes of every tensor are copied as they are: nothing is computed.
"""
import json
import sys
from pathlib import Path

import numpy as np

# folder: (models, {tensor: rows kept, None for all of them})
CUTS = {
    "minilm-bf16": (
        ["base", "tuned-step200", "tuned"],
        {
            "embeddings.position_ids": None,
            "embeddings.LayerNorm.bias": None,
            "embeddings.LayerNorm.weight": None,
            "embeddings.token_type_embeddings.weight": None,
            "embeddings.word_embeddings.weight": 1536,  # above 1 MiB: a blob of its own
            "encoder.layer.0.attention.self.query.bias": None,
            "encoder.layer.0.attention.self.query.weight": None,
            "encoder.layer.0.intermediate.dense.bias": None,
            "encoder.layer.0.intermediate.dense.weight": None,  # above 1 MiB too
            "encoder.layer.0.output.LayerNorm.weight": None,
        },
    ),
    "minilm-f16": (
        ["base", "tuned"],
        {
            "embeddings.LayerNorm.weight": None,
            "encoder.layer.0.attention.self.query.bias": None,
            "encoder.layer.0.attention.self.query.weight": None,
        },
    ),
    "rxnfp-f32": (
        ["base", "tuned"],
        {
            "bert.embeddings.LayerNorm.weight": None,
            "bert.encoder.layer.0.attention.self.query.bias": None,
            "bert.encoder.layer.0.attention.self.query.weight": None,
            "classifier.bias": None,  # the fine-tune's alone
        },
    ),
}


def cut(source, target, rows):
    data = np.fromfile(source, np.uint8)
    length = int(data[:8].view("<u8")[0])
    header = json.loads(data[8 : 8 + length].tobytes())
    tensors, pieces, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in [n for n in header if n in rows]:
        entry = header[name]
        begin, end = entry["data_offsets"]
        shape = list(entry["shape"])
        if rows[name] is not None:
            end = begin + (end - begin) // shape[0] * rows[name]
            shape[0] = rows[name]
        pieces.append(data[8 + length + begin : 8 + length + end])
        tensors[name] = {"dtype": entry["dtype"], "shape": shape, "data_offsets": [at, at + end - begin]}
        at += end - begin
    text = json.dumps(tensors, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for piece in pieces:
            file.write(piece.tobytes())


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent / "models"
    for folder, (models, rows) in CUTS.items():
        for model in models:
            name = f"{folder}/{model}.safetensors"
            cut(source / name, out / name, rows)
            print(f"{(out / name).stat().st_size:10d}  {name}")


main()
