#!/usr/bin/python3
"""Writes the golden files of this folder, and the first inputs of the fuzz targets (../fuzz), with formats.py.

errors.txt has a line for each bad file: its name, the kind of error it must give, and the message. Run this
again only to add files: once released, a golden file never changes.
"""

import hashlib
import struct

from container import write_containers
from exponent import write_exponent_blobs
from files import Folder, bf16_weights, nudge, seed
from formats import (
    BITX, DTYPES, FRAME, PLANES, PREFIX, RAW, Member, blob, blob_body, blob_file, blob_parts, code_planes, compress,
    key, noise, recipe, recipe_body, segment, sha256, tensor, varint, xxh3,
)  # fmt: skip
from ulp_blobs import write_ulp_blobs


def write_blobs():
    folder = Folder("blob")
    base = bf16_weights(3000, 1)
    base_key = key(sha256(base), 0)
    folder.good("base", blob([Member(base, "bf16", (PLANES,), row=100)]))

    tuned = nudge(base, 4)
    delta = Member(tuned, "bf16", (BITX,), row=100, base=(base_key, base))
    folder.good("bitx-bf16", blob([delta]))
    deeper = nudge(tuned, 6)
    deeper_key = key(sha256(tuned), 1)
    folder.good("bitx-depth-2", blob([Member(deeper, "bf16", (BITX,), row=100, base=(deeper_key, tuned))]))
    grown = tuned + bf16_weights(50, 2)
    folder.good("bitx-longer-than-base", blob([Member(grown, "bf16", (BITX,), row=100, base=(base_key, base))]))
    odd = tuned[:-1]
    folder.good("bitx-odd-length", blob([Member(odd, "bf16", (BITX,), base=(base_key, base[:-1]))]))
    folder.good("bitx-f32", blob([Member(tuned, "f32", (BITX,), row=50, base=(base_key, base))]))
    folder.good("bitx-f64-rows", blob([Member(tuned[800:1600], "f64", (BITX,), 10, (base_key, base[800:1600]), 800)]))
    folder.good("planes-constant", blob([Member(b"\x80\x3f" * 1000, "bf16")]))
    text = b'{"layer.0.weight":{"dtype":"BF16","shape":[10,10],"data_offsets":[0,200]}}' * 3
    text_key = key(sha256(text), 0)
    folder.good("text", blob([Member(text)]))
    changed = text.replace(b"layer.0", b"layer.17", 1)
    prefixed = Member(changed, "bytes", (PREFIX,), base=(text_key, text))
    folder.good("prefix", blob([prefixed]))
    folder.good("raw", blob([Member(noise(100, 3), "i8", (RAW,))]))
    bundle = [
        Member(noise(10, 4), "f32", (RAW,)),
        Member(tuned[:600], "bf16", (BITX,), 10, (base_key, base[:600])),
        Member(changed, "bytes", (PREFIX,), 0, (text_key, text)),
        Member(nudge(deeper[600:1200], 8), "bf16", (BITX,), 10, (deeper_key, tuned[600:1200]), 600),
        Member(bytes(4000), "f64"),
    ]
    folder.good("bundle", blob(bundle))
    write_ulp_blobs(folder, base, tuned, base_key)
    write_exponent_blobs(folder, base)
    frames = Member(b"abc" * (FRAME // 2), "bytes", (PLANES, PLANES))
    folder.good("two-frames", blob([frames]))

    bases, rows, entries, stored, depth, raw = blob_parts([delta])
    digest = sha256(raw)

    def rebuilt(bases=bases, rows=rows, entries=entries, frames=stored, raw_length=len(raw), tail=b"", **change):
        body = blob_body(bases, rows, entries) + tail
        return blob_file(body, raw_length, frames, digest, change.pop("depth", depth), **change)

    good = rebuilt()
    row = rows[0]
    entry = entries[0]
    bad = folder.bad
    bad("empty", b"", "corrupt", "it is not a blob")
    bad("magic", rebuilt(magic=b"BITXblab"), "corrupt", "it is not a blob")
    bad("recipe", recipe(recipe_body([], [segment(0, b"x" * 80)]), 80), "corrupt", "it is not a blob")
    bad("version", rebuilt(version=2), "unsupported", "it is a blob of a newer format")
    bad("feature", rebuilt(features=1), "unsupported", "it needs a feature that this version does not know")
    bad("algorithm", rebuilt(algorithm=2), "unsupported", "it uses a hash algorithm that this version does not know")
    bad("header-length-short", rebuilt(header=79), "corrupt", "its header's length is impossible")
    bad("header-length-huge", rebuilt(header=0xFFFFFFFF, stored=1 << 62), "corrupt", "its header's length is impossible")
    bad("header-past-object", rebuilt(stored=90), "corrupt", "its header's length is impossible")
    bad("truncated-preamble", good[:79], "corrupt", "it is not a blob")
    bad("truncated-header", good[:100], "corrupt", "its header ends too early")
    bad("checksum", rebuilt(checksum=bytes(8)), "corrupt", "its header does not match its checksum")
    flipped = bytes([raw[0] ^ 1]) + raw[1:]
    bad("frame-bit", rebuilt(entries=[(RAW, len(raw), entry[2])], frames=flipped), "corrupt",
        "a frame does not match its checksum")  # fmt: skip
    bad("raw-length", rebuilt(raw_length=len(raw) + 1), "corrupt", "its members do not add up to its length")
    bad("stored-length", rebuilt(stored=len(good) + 1), "corrupt", "its frames do not add up to its stored length")
    bad("depth-low", rebuilt(depth=0), "corrupt", "a base is deeper than its blob")
    bad("depth-high", rebuilt(depth=2), "corrupt", "its depth is not that of its bases")
    bad("depth-without-base",
        rebuilt(bases=[], rows=[row[:3] + (0, 0, 0)], entries=[(PLANES,) + entry[1:]]), "corrupt",
        "its depth is not that of its bases")  # fmt: skip
    bad("base-too-deep", rebuilt(bases=[key(digest, 3)], depth=4), "corrupt", "a base is deeper than its blob")
    bad("base-beyond-depths", rebuilt(bases=[key(digest, 4)], depth=5), "corrupt", "a reference is deeper than any blob")
    bad("base-is-itself", rebuilt(bases=[key(digest, 1)]), "corrupt", "a base is deeper than its blob")
    bad("base-algorithm", rebuilt(bases=[key(digest, 0, 9)]), "unsupported",
        "it uses a hash algorithm that this version does not know")  # fmt: skip
    bad("base-index", rebuilt(rows=[row[:3] + (2,) + row[4:]]), "corrupt", "a base's index is beyond its limit")
    bad("base-empty", rebuilt(rows=[row[:5] + (0,)]), "corrupt", "a base is empty")
    bad("base-longer-than-member", rebuilt(rows=[row[:5] + (row[1] + 1,)]), "corrupt",
        "a base's length is beyond its limit")  # fmt: skip
    bad("base-offset-huge", rebuilt(rows=[row[:4] + (1 << 63, row[5])]), "corrupt", "a base's offset is beyond its limit")
    bad("base-missing-for-method", rebuilt(bases=[], rows=[row[:3] + (0, 0, 0)], depth=0), "corrupt",
        "a frame is coded against a base that it does not have")  # fmt: skip
    bad("no-members", rebuilt(bases=[], rows=[], entries=[], frames=b"", raw_length=0, depth=0), "corrupt",
        "its members do not add up to its length")  # fmt: skip
    bad("member-empty", rebuilt(rows=[row, (0, 0, 0, 0, 0, 0)], entries=[entry] * 2), "corrupt", "a member is empty")
    bad("member-huge", rebuilt(rows=[row[:1] + (1 << 63,) + row[2:]]), "corrupt", "a member's length is beyond its limit")
    bad("members-huge-together", rebuilt(rows=[(0, 1 << 43, 0, 0, 0, 0)] * 3, entries=entries * 3), "corrupt",
        "its length is beyond its limit")  # fmt: skip
    bad("frames-missing", rebuilt(rows=[(0, 1 << 42, 0, 0, 0, 0)], raw_length=1 << 42, bases=[], depth=0), "corrupt",
        "its header ends too early")  # fmt: skip
    bad("members-count", blob_file(varint(0) + varint(1 << 60), 1, b"", digest, 0), "corrupt",
        "the number of members is beyond its limit")  # fmt: skip
    bad("bases-count", blob_file(varint(1 << 60), 1, b"", digest, 0), "corrupt", "the number of bases is beyond its limit")
    bad("varint-65-bits", blob_file(b"\xff" * 9 + b"\x02", 1, b"", digest, 0), "corrupt",
        "an integer has more than 64 bits")  # fmt: skip
    bad("varint-long-form", blob_file(b"\x80\x00", 1, b"", digest, 0), "corrupt", "an integer is not in its shortest form")
    bad("dtype", rebuilt(rows=[(200,) + row[1:]]), "unsupported", "it has a dtype that this version does not know")
    bad("method", rebuilt(entries=[(200,) + entry[1:]]), "unsupported",
        "it has a frame method that this version does not know")  # fmt: skip
    bad("frame-empty", rebuilt(entries=[(BITX, 0, entry[2])], frames=b""), "corrupt",
        "a frame is longer than what it holds")  # fmt: skip
    long = bytes(len(raw) + 1)
    bad("frame-longer-than-raw", rebuilt(entries=[(BITX, len(long), entry[2])], frames=long), "corrupt",
        "a frame is longer than what it holds")  # fmt: skip
    bad("left-over", rebuilt(tail=b"\0"), "corrupt", "bytes are left over at its end")
    bad("raw-frame-short", rebuilt(entries=[(RAW, len(raw) - 1, entry[2])], frames=raw[:-1]), "corrupt",
        "a raw frame has another size than it should")  # fmt: skip

    def with_frame(coded, method=BITX):
        return rebuilt(entries=[(method, len(coded), entry[2])], frames=coded)

    bad("plane-form", with_frame(struct.pack("<BI", 7, 1) + b"\0" + stored), "corrupt",
        "a plane is stored in a form that does not exist")  # fmt: skip
    bad("plane-constant-long", with_frame(struct.pack("<BI", 2, 2) + b"\0\0" + stored), "corrupt",
        "a plane is stored in a form that does not exist")  # fmt: skip
    bad("plane-raw-short", with_frame(struct.pack("<BI", 0, 2) + b"\0\0" + stored), "corrupt",
        "a plane is stored in a form that does not exist")  # fmt: skip
    bad("plane-past-end", with_frame(struct.pack("<BI", 1, 0xFFFFFFFF) + stored), "corrupt", "it ends too early")
    bad("plane-left-over", with_frame(stored + b"\0"), "corrupt", "bytes are left over at its end")
    bomb = compress(bytes(1 << 20))
    bad("plane-zstd-bomb", with_frame(struct.pack("<BI", 1, len(bomb)) + bomb + stored), "corrupt",
        "zstd data does not decompress to its size")  # fmt: skip
    short = compress(bytes(10))
    bad("plane-zstd-short", with_frame(struct.pack("<BI", 1, len(short)) + short + stored), "corrupt",
        "zstd data does not decompress to its size")  # fmt: skip
    bad("plane-zstd-garbage", with_frame(struct.pack("<BI", 1, 20) + noise(20, 5) + stored), "corrupt",
        "zstd data does not decompress to its size")  # fmt: skip
    folder.close()

    for name, members in (("delta", [delta]), ("bundle", bundle), ("prefix", [prefixed]), ("frames", [frames])):
        bases, rows, entries, stored, depth, raw = blob_parts(members)
        whole = blob_file(blob_body(bases, rows, entries), len(raw), stored, sha256(raw), depth)
        seed("blob", name, whole[: len(whole) - len(stored)])
    for name, method, member in (("bitx", BITX, delta), ("prefix", PREFIX, prefixed)):
        base_bytes = member.base[1]
        (_, raw, coded) = next(member.frames())
        start = bytes([DTYPES[member.dtype][0]])
        lengths = struct.pack("<HH", len(raw), len(base_bytes))
        seed("frame", name, bytes([method]) + start + lengths + base_bytes + coded)
        seed("frame_round_trip", name, start + struct.pack("<HHHBH", 100, 7, 9, 4, len(base_bytes)) + base_bytes + raw)
    for dtype in ("bf16", "f32", "f64", "i8", "bytes"):
        raw = tuned[:203]
        start = bytes([DTYPES[dtype][0]])
        seed("frame", "planes-" + dtype, bytes([PLANES]) + start + struct.pack("<HH", 203, 0) + code_planes(raw, dtype))
        seed("frame_round_trip", dtype, start + struct.pack("<HHHBH", 20, 3, 40, 128, 150) + base[:150] + raw)
    seed("frame", "raw", bytes([RAW, 4]) + struct.pack("<HH", 50, 0) + base[:50])


def write_recipes():
    folder = Folder("recipe")
    oid = sha256(b"file")
    blobs = [key(sha256(b"tensor"), 2), key(sha256(b"other"), 0)]
    segments = [segment(0, b"header"), segment(1, 16, 4096), segment(1, 0, 16), segment(2, 0, 7)]
    size = 6 + 4096 + 16 + 7
    tensors = [
        tensor("layer.0.weight", 4, [64, 32], 6, 4096),
        tensor("層\n", 1, [], 4102, 8),
        tensor("", 0, [0, 1 << 63], size, 0),
    ]
    whole = recipe_body(blobs, segments, tensors, 1)
    good = folder.good("tensors", recipe(whole, size, oid))
    folder.good("empty-file", recipe(recipe_body([], []), 0, sha256(b"")))
    folder.good("literal", recipe(recipe_body([], [segment(0, bytes(4096))]), 4096, sha256(bytes(4096))))
    folder.good("unknown-file-format", recipe(recipe_body([], [segment(0, b"x")], (), 9), 1, sha256(b"x")))
    folder.good("large-file", recipe(recipe_body(blobs, [segment(2, 1 << 40, 1 << 49)]), 1 << 49, oid))

    bad = folder.bad
    bad("empty", b"", "corrupt", "it is not a recipe")
    bad("magic", recipe(whole, size, magic=b"BITXblob"), "corrupt", "it is not a recipe")
    bad("version", recipe(whole, size, version=2), "unsupported", "it is a recipe of a newer format")
    bad("feature", recipe(whole, size, features=2), "unsupported", "it needs a feature that this version does not know")
    bad("algorithm", recipe(whole, size, algorithm=0), "unsupported",
        "it uses a hash algorithm that this version does not know")  # fmt: skip
    bad("checksum", recipe(whole, size, checksum=bytes(8)), "corrupt", "it does not match its checksum")
    bad("bit", good[:70] + bytes([good[70] ^ 4]) + good[71:], "corrupt", "it does not match its checksum")
    bad("truncated", good[:-1], "corrupt", "it does not match its checksum")
    bad("truncated-at-version", good[:10], "corrupt", "it ends too early")
    start = good[:40]
    bad("truncated-and-sealed", start + xxh3(start), "corrupt", "it ends too early")
    bad("size-huge", recipe(whole, 1 << 51), "corrupt", "its length is beyond its limit")
    bad("body-huge", recipe(whole, size, body_length=1 << 62), "corrupt", "its length is beyond its limit")
    bad("body-longer", recipe(whole, size, body_length=len(whole) - 1), "corrupt", "zstd data does not decompress to its size")
    bad("body-shorter", recipe(whole, size, body_length=len(whole) + 1), "corrupt", "zstd data does not decompress to its size")
    bad("body-garbage", recipe(whole, size, content=noise(50, 6)), "corrupt", "zstd data does not decompress to its size")
    bad("left-over", recipe(whole + b"\0", size), "corrupt", "bytes are left over at its end")
    bad("body-ends", recipe(whole[:-1], size), "corrupt", "it ends too early")
    bad("size-short", recipe(whole, size - 1), "corrupt", "its segments do not add up to the file's size")
    bad("size-long", recipe(whole, size + 1), "corrupt", "its segments do not add up to the file's size")
    overflow = [segment(1, 0, 1 << 50)] * 3
    bad("segments-beyond-size", recipe(recipe_body(blobs, overflow), 5), "corrupt",
        "its segments do not add up to the file's size")  # fmt: skip

    def segments_of(*which):
        return recipe(recipe_body(blobs, list(which)), 5)

    bad("segment-empty", segments_of(segment(1, 0, 0)), "corrupt", "a segment is empty")
    bad("literal-empty", segments_of(segment(0, b"")), "corrupt", "a segment is empty")
    bad("literal-long", segments_of(segment(0, bytes(4097))), "corrupt", "a literal's length is beyond its limit")
    bad("literal-past-end", segments_of(varint(0) + varint(100) + b"x"), "corrupt", "it ends too early")
    bad("segment-huge", segments_of(segment(1, 0, 1 << 63)), "corrupt", "a segment's length is beyond its limit")
    bad("segment-far", segments_of(segment(1, 1 << 63, 5)), "corrupt", "a segment's offset is beyond its limit")
    bad("segment-blob", segments_of(segment(3, 0, 5)), "corrupt", "a blob's number is beyond its limit")
    bad("blob-deep", recipe(recipe_body([key(oid, 4)], [segment(1, 0, 5)]), 5), "corrupt",
        "a reference is deeper than any blob")  # fmt: skip
    bad("blob-algorithm", recipe(recipe_body([key(oid, 0, 2)], [segment(1, 0, 5)]), 5), "unsupported",
        "it uses a hash algorithm that this version does not know")  # fmt: skip
    bad("blobs-count", recipe(varint(1 << 60), 5), "corrupt", "the number of blobs is beyond its limit")
    bad("segments-count", recipe(varint(0) + varint(1 << 60), 5), "corrupt", "the number of segments is beyond its limit")
    bomb = varint(0) + varint(5_000_000) + bytes(16_000_000)
    bad("segments-bomb", recipe(bomb, 5), "corrupt", "the number of segments is beyond its limit")
    plain = [segment(0, b"12345")]

    def tensors_of(*which):
        return recipe(recipe_body([], plain, which, 1), 5)

    bad("tensors-count", recipe(recipe_body([], plain)[:-1] + varint(1 << 60), 5), "corrupt",
        "the number of tensors is beyond its limit")  # fmt: skip
    bad("tensors-bomb", recipe(recipe_body([], plain)[:-1] + varint(3_000_000) + bytes(16_000_000), 5), "corrupt",
        "the number of tensors is beyond its limit")  # fmt: skip
    bad("tensor-name-long", tensors_of(tensor("n" * 65537, 0, [], 0, 5)), "corrupt",
        "a tensor name's length is beyond its limit")  # fmt: skip
    bad("tensor-dtype", tensors_of(tensor("w", 99, [], 0, 5)), "unsupported",
        "it has a dtype that this version does not know")  # fmt: skip
    bad("tensor-rank", tensors_of(tensor("w", 0, [1] * 65, 0, 5)), "corrupt", "a tensor's rank is beyond its limit")
    bad("tensor-offset", tensors_of(tensor("w", 0, [], 6, 0)), "corrupt", "a tensor's offset is beyond its limit")
    bad("tensor-length", tensors_of(tensor("w", 0, [5], 1, 5)), "corrupt", "a tensor's length is beyond its limit")
    shapes = [tensor("", 0, [1] * 64, 0, 5)] * (1 << 18)
    bad("shapes-bomb", tensors_of(*shapes, tensor("", 0, [1], 0, 5)), "corrupt", "its shapes are beyond their limit")
    folder.close()

    seed("recipe", "tensors", struct.pack("<Q", size) + whole)
    seed("recipe", "empty", struct.pack("<Q", 0) + recipe_body([], []))
    seed("recipe", "stored", good[:-8])


def write_manifests():
    folder = Folder("manifest")
    one, two = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
    commit = "0123456789abcdef0123456789abcdef01234567"
    start = f"bitx manifest 1\nmodel acme/minilm\ncommit {commit}\n"
    files = [f"file {one} 10 a%20b/mod%C3%A8le%0A.safetensors\n", f"file {two} 18446744073709551615 model.safetensors\n"]
    good = start + "".join(files)
    folder.good("files", good.encode())
    folder.good("empty", start.encode())
    folder.good("no-commit", b"bitx manifest 1\nmodel a/b\ncommit \n")

    def bad(name, text, message, kind="corrupt"):
        folder.bad(name, text.encode("latin-1"), kind, message)

    bad("nothing", "", "it is not a manifest")
    bad("magic", good.replace("bitx manifest", "bitx manifold"), "it is not a manifest")
    bad("version", good.replace("manifest 1", "manifest 2"), "it is a manifest of a newer format", "unsupported")
    bad("no-model", good.replace("model acme/minilm\n", ""), "it lacks 'model '")
    bad("no-commit", good.replace(f"commit {commit}\n", ""), "it lacks 'commit '")
    bad("commit-not-hexadecimal", good.replace(commit, "\x1b[31m"), "its commit is not a hexadecimal id")
    bad("unknown-line", good + "signed by me\n", "it lacks 'file '")
    bad("last-line-incomplete", good[:-1], "a line of it is incomplete")
    bad("oid-short", good.replace(one, one[1:]), "not a SHA-256: it needs 64 hexadecimal digits")
    bad("oid-upper-case", good.replace(one, one.upper()), "not a SHA-256: it needs 64 hexadecimal digits")
    bad("size-missing", good.replace(" 10 ", "  "), "a size in it is not a number")
    bad("size-negative", good.replace(" 10 ", " -1 "), "a size in it is not a number")
    bad("size-65-bits", good.replace(" 10 ", " 18446744073709551616 "), "a size in it is not a number")
    bad("size-leading-zero", good.replace(" 10 ", " 010 "), "it is not in its canonical form")
    bad("escape-ends", good.replace("model.safetensors\n", "model%2\n"), "a path in it is not escaped as it should be")
    bad("escape-digits", good.replace("%20", "%2g"), "a path in it is not escaped as it should be")
    bad("escape-lower-case", good.replace("%C3", "%c3"), "it is not in its canonical form")
    bad("escape-needless", good.replace("model.s", "%6Dodel.s"), "it is not in its canonical form")
    bad("escape-missing", good.replace("%C3%A8", "\xc3\xa8"), "it is not in its canonical form")
    bad("order", start + files[1] + files[0], "it is not in its canonical form")
    bad("path-twice", start + files[0] + files[0], "it has two files at a%20b/mod%C3%A8le%0A.safetensors")
    folder.close()
    seed("manifest", "files", good.encode())
    seed("manifest", "empty", start.encode())


def write_safetensors_seeds():
    def header(name, text, data):
        seed("safetensors", name, struct.pack("<H", data) + text.encode())

    def file(name, text, data):
        seed("safetensors", name, struct.pack("<Q", len(text)) + text.encode() + bytes(data))

    two = (
        '{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},'
        '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   '
    )
    header("two", two, 16)
    file("file", two, 16)
    header("empty", "{}", 0)
    header("scalar", '{"\\u5c64\\n":{"shape":[],"dtype":"F64","data_offsets":[0,8]}}', 8)
    header("zero", '{"w":{"shape":[0,7],"dtype":"BOOL","data_offsets":[0,0]}}', 0)
    header("overlap", two.replace("4,16", "3,15"), 15)
    header("hole", two.replace("4,16", "5,17"), 17)
    header("product", two.replace("2,3", "4294967296,4294967296"), 16)
    header("float", two.replace("2,3", "2.0,3"), 16)
    header("negative", two.replace("2,3", "-2,-3"), 16)
    header("huge", two.replace("2,3", "18446744073709551616"), 16)
    header("twice", two.replace('"b"', '"a"'), 16)
    header("deep", '{"a":' * 200 + "1" + "}" * 200, 0)
    header("dtype", two.replace("BF16", "F6_E2M3"), 16)
    header("utf8", two.replace('"a"', '"\ud83d"').encode("utf-8", "replace").decode(), 16)
    seed("safetensors", "length-2-63", struct.pack("<Q", 1 << 63) + b"{}")
    seed("safetensors", "not-utf8", struct.pack("<H", 0) + b'{"__metadata__":{"a":"\xff"}}')
    seed("safetensors", "nul", struct.pack("<H", 0) + b"{}\0junk")


write_blobs()
write_recipes()
write_manifests()
write_containers()
write_safetensors_seeds()
