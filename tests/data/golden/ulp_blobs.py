"""Blobs with frames of method 4, good ones and bad ones."""

import struct

from files import nudge, seed
from formats import DTYPES, ULP, Member, blob, blob_body, blob_file, blob_parts, noise, sha256
from ulp import symbol_string, ulp_frame


def write_ulp_blobs(folder, base, tuned, base_key):
    """`base` and `tuned` are 6,000 bytes; as BF16, 3,000 elements in rows of 100."""

    def member(raw, dtype, row=0, base_bytes=base, **ulp):
        return Member(raw, dtype, (ULP,), row, (base_key, base_bytes[: len(raw)]), ulp=ulp)

    def splash(raw, width, seed_value):
        """Every fourth element replaced by noise: differences of every size."""
        out, other = bytearray(raw), noise(len(raw), seed_value)
        for i in range(0, len(out), 4 * width):
            out[i : i + width] = other[i : i + width]
        return bytes(out)

    rows = [row % 40 - 8 for row in range(31)]  # from column 50 on: a row more
    columns = [column % 30 - 5 for column in range(100)]
    starts = {0: 0x0101, 1: 0x8001, 3: 0x0010}
    folder.good("ulp-bf16", blob([member(tuned, "bf16", 100)]))
    folder.good("ulp-bf16-tables", blob([member(tuned, "bf16", 100, starts=starts)]))
    scaled = member(tuned, "bf16", 100, starts=starts, scales=(100, 50, rows, columns))
    folder.good("ulp-bf16-scales", blob([scaled]))
    folder.good("ulp-bf16-one-column", blob([member(tuned[:800], "bf16", 1, scales=(1, 0, [2] * 390 + list(range(10)), [3]))]))
    folder.good("ulp-bf16-unrelated", blob([member(splash(base, 2, 11), "bf16")]))
    folder.good("ulp-f16-odd-length", blob([member(tuned[:999], "f16", starts={2: 1, 31: 1})]))
    folder.good("ulp-bf16-laplace", blob([member(tuned, "bf16", 100, starts=starts, laplace=[30, 24, 40, 0, 255])]))
    folder.good("ulp-f32-laplace", blob([member(splash(base, 4, 12), "f32", laplace=[90])]))
    folder.good("ulp-f8-laplace", blob([member(nudge(base, 3), "f8_e4m3", laplace=[20])]))
    tiny = bytearray(64000)  # past the base's end
    tiny[::2] = bytes(b % 7 for b in noise(32000, 13))
    long = Member(tuned + bytes(tiny), "bf16", (ULP,), 100, (base_key, base))
    folder.good("ulp-bf16-many-lanes", blob([long]))
    folder.good("ulp-f32", blob([member(tuned, "f32", 50, starts={0: 1, 5: 1})]))
    folder.good("ulp-f32-unrelated", blob([member(splash(base, 4, 12), "f32")]))
    folder.good("ulp-f32-low-bytes", blob([member(splash(base, 4, 12), "f32", low_bytes=True)]))
    folder.good("ulp-f64", blob([member(nudge(base, 8, 7)[:4000], "f64")]))
    high = bytearray(base[:4000])
    high[4::8] = bytes(b ^ 1 for b in high[4::8])
    folder.good("ulp-f64-without-low-words", blob([member(bytes(high), "f64")]))
    folder.good("ulp-f8", blob([member(nudge(base, 3), "f8_e4m3", starts={1: 1})]))
    folder.good("ulp-i8", blob([member(nudge(base, 5, 3), "i8")]))
    folder.good("ulp-equal-odd-length", blob([member(base[:77], "bf16")]))
    short = Member(tuned[:600], "bf16", (ULP,), 0, (base_key, base[:301]))
    folder.good("ulp-longer-than-base", blob([short]))

    def bad(name, message, raw=tuned, dtype="bf16", cut=None, tail=b"", **ulp):
        one = member(raw, dtype, **ulp)
        bases, rows, entries, stored, depth, raw = blob_parts([one])
        stored = stored[:cut] + tail
        entries = [(ULP, len(stored), entries[0][2])]
        folder.bad("ulp-" + name, blob_file(blob_body(bases, rows, entries), len(raw), stored, sha256(raw), depth),
                   "corrupt", message)  # fmt: skip

    wrong_flags = "a ULP frame has flags that do not exist"
    bad("flags", wrong_flags, flags=17)
    bad("flags-scales-without-body", wrong_flags, flags=2)
    bad("flags-low-words-of-16-bits", wrong_flags, flags=5)
    bad("equal-left-over", "bytes are left over at its end", raw=base, tail=b"\0")
    bad("exponent", "an exponent is beyond its limit", lowest=256)
    no_exponents = "a frame has exponents that do not exist"
    bad("exponents-none", no_exponents, window=0)
    bad("exponents-too-many", no_exponents, window=33)
    bad("exponents-past-the-last", no_exponents, lowest=255, window=2)
    bad("row-length", "a row length is beyond its limit", scales=(100, 50, rows, columns), row_length=3001)
    bad("row-empty", "a row has no elements", scales=(100, 50, rows, columns), row_length=0)
    bad("column", "a column is beyond its limit", scales=(100, 50, rows, columns), column=100)
    wrong_number = "a frame has too many distributions, or none"
    bad("too-many-contexts", wrong_number, map=bytes([33]))
    bad("no-contexts", wrong_number, map=b"\0")
    not_there = "a distribution is named that is not there"
    bad("context-too-high", not_there, map=bytes([2, 128 + 4]))
    bad("context-negative", not_there, map=bytes([2, 128 + 1]))
    bad("level-high", "a level is out of range", tables=[[53, 2]])
    bad("level-negative", "a level is out of range", tables_stored=bytes([1, 128 + 1]))
    bad("laplace-level-high", "a level is out of range", laplace=[32], tables=[[53, 2]])
    bad("one-token", "a distribution is empty", tables=[[0, 2]])
    bad("no-weight", "a distribution is empty", tables=[[1, 1, 1]])
    ends = "a ULP frame does not end as it began"
    bad("word-missing", ends, cut=-2)
    bad("word-left-over", ends, tail=b"\0\0")
    bad("half-a-word", "bytes are left over at its end", tail=b"\0")
    bad("state", ends, state=1 << 16)
    bad("states-missing", "it ends too early", cut=30)
    bad("symbols-empty", "a distribution is empty", steps=bytes([1, 0, 0]) + bytes(4))
    bad("symbols-too-many-words", "a symbol string is beyond its limit", steps=bytes([1, 0x11, 0xFF, 0x7F]) + bytes(4))
    bad("symbols-state", "a symbol string does not end as it began", steps=bytes([1, 0x11, 1]) + struct.pack("<IH", (1 << 16) + 1, 5))
    bad("symbols-word-missing", "it ends too early", steps=bytes([1, 0x11, 0]) + bytes(4))
    bad("symbols-word-left-over", "bytes are left over at its end",
        steps=symbol_string([0, 1, 0], nibbles=[1, 1], words_added=1))  # fmt: skip

    raw, coded = next((raw, coded) for _, raw, coded in scaled.frames())
    lengths = struct.pack("<HH", len(raw), len(base))
    seed("frame", "ulp-scales", bytes([ULP, DTYPES["bf16"][0]]) + lengths + base + coded)
    for dtype, count in (("f32", 400), ("f64", 400), ("f8_e4m3", 100), ("i8", 100)):
        coded = ulp_frame(tuned[:count], base[:count], dtype)
        lengths = struct.pack("<HH", count, count)
        seed("frame", "ulp-" + dtype, bytes([ULP, DTYPES[dtype][0]]) + lengths + base[:count] + coded)
    seed("frame_round_trip", "ulp-scales", bytes([4]) + struct.pack("<HHHBH", 50, 7, 900, 16, 6000) + base + tuned)
