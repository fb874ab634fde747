"""Frames of method 5, and blobs with them: a part of formats.py, shares no code with the project."""

import struct

from files import bf16_weights, seed
from formats import DTYPES, EXPONENT, Member, blob, blob_body, blob_file, blob_parts, exponent_frame, noise, sha256
from ulp import symbol_string


def write_exponent_blobs(folder, base):
    """`base` is 6,000 bytes of BF16: 3,000 elements in rows of 100."""
    rows = [row % 40 - 8 for row in range(31)]  # from column 50 on: a row more
    columns = [column % 30 - 5 for column in range(100)]
    scales = (100, 50, rows, columns)
    starts = [3, 7, 12]

    def member(raw, dtype, row=0, forms="rzc", **coded):
        return Member(raw, dtype, (EXPONENT,), row, forms=forms, coded=coded)

    f32 = b"".join(noise(2, i + 1) + base[2 * i : 2 * i + 2] for i in range(1500))
    scaled = member(base, "bf16", 100, starts=starts, scales=scales)
    for name, one in (
        ("bf16", member(base, "bf16", 100)),
        ("bf16-scales", scaled),
        ("bf16-odd-length", member(base[:777], "bf16", 100)),
        ("f16", member(base, "f16", 100, starts=[5], scales=scales)),
        ("f32", member(f32, "f32", 50)),
        ("f64", member(f32[:4000], "f64")),
        ("f8", member(base, "f8_e4m3")),
        ("i8", member(base, "i8")),
        ("zstd", member(base[:600] * 10, "bf16", forms="z")),
        ("constant", member(b"\x80\x3f\x00\xbf" * 1000, "f32", forms="c")),
        ("constant-plane", member(b"".join(b"\0\0" + base[i : i + 2] for i in range(0, 3000, 2)), "f32")),
    ):
        folder.good("exponent-" + name, blob([one]))

    def bad(name, message, cut=None, tail=b"", **coded):
        one = member(base, "bf16", 100, **coded)
        _, rows, entries, stored, depth, raw = blob_parts([one])
        _, coded_raw, coded_frame = next(one.frames())
        stored = coded_frame[:cut] + tail
        entries = [(EXPONENT, len(stored), entries[0][2])]
        folder.bad("exponent-" + name, blob_file(blob_body([], rows, entries), len(raw), stored, sha256(raw), depth),
                   "corrupt", message)  # fmt: skip

    ends = "a coded plane does not end as it began"
    bad("flags", "a coded plane has flags that do not exist", flags=2)
    bad("form", "a plane is stored in a form that does not exist", form=4)
    bad("row-length", "a row length is beyond its limit", scales=scales, row_length=3001)
    bad("row-empty", "a row has no elements", scales=scales, row_length=0)
    bad("column", "a column is beyond its limit", scales=scales, column=100)
    bad("starts", "the first class begins twice", scales=scales, starts_stored=1)
    bad("one-symbol", "a distribution is empty", tables=[[0, 2]])
    bad("steps-empty", "a distribution is empty", steps=bytes([1, 0, 0]) + bytes(4))
    bad("word-missing", ends, words_cut=-2)
    bad("word-left-over", ends, words_added=b"\0\0")
    bad("half-a-word", "bytes are left over at its end", words_added=b"\0")
    bad("state", ends, state=1 << 16)
    bad("states-missing", "it ends too early", cut=None, states_cut=100)
    bad("past-end", "it ends too early", cut=-1)
    bad("left-over", "bytes are left over at its end", tail=b"\0")

    for dtype in ("bf16", "f16", "f32", "f64", "f8_e4m3", "i8"):
        raw = base[:800]
        place = dict(scales=(16, 3, [row % 9 for row in range(26)], [c % 5 for c in range(16)])) if dtype == "bf16" else {}
        coded = exponent_frame(raw, dtype, **place)
        seed("frame", "exponent-" + dtype, bytes([EXPONENT, DTYPES[dtype][0]]) + struct.pack("<HH", len(raw), 0) + coded)
    rows_raw = b"".join(bf16_weights(64, row + 1) for row in range(80))
    for dtype in ("bf16", "f16", "f32"):
        head = bytes([DTYPES[dtype][0]]) + struct.pack("<HHHBH", 64, 7, 90, 16, 0)
        seed("frame_round_trip", "exponent-" + dtype, head + rows_raw)
    seed("frame_round_trip", "constant", bytes([DTYPES["f32"][0]]) + struct.pack("<HHHBH", 8, 0, 3, 1, 0) + b"\0\0\x80\x3f" * 600 + b"!")
    seed("frame_round_trip", "repeats", bytes([DTYPES["f16"][0]]) + struct.pack("<HHHBH", 8, 0, 3, 1, 0) + rows_raw[:512] * 16)
