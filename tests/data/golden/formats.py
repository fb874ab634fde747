"""The stored formats of codec/FORMAT.md, written in Python: a second implementation that shares no code with the
project, so that a file that both understand the same way is the format, and not a habit of one program.

It writes whatever it is asked for, malformed objects too. Needs python3-xxhash and python3-zstandard.
"""

import hashlib
import struct

import xxhash
import zstandard

from ulp import coded_plane, ulp_frame

FRAME = 2 << 20
DTYPES = {"bytes": (0, 1), "f64": (1, 8), "f32": (2, 4), "f16": (3, 2), "bf16": (4, 2), "f8_e4m3": (5, 1), "i8": (10, 1)}
RAW, PLANES, BITX, PREFIX, ULP, EXPONENT = range(6)
ROTATIONS = {"f64": 4, "f32": 1, "f16": 1, "bf16": 1, "f8_e4m3": 1}  # of method 5


def noise(size, seed):
    """Bytes without structure: xorshift64*, little-endian."""
    out = bytearray()
    while len(out) < size:
        seed ^= seed >> 12
        seed ^= seed << 25 & (1 << 64) - 1
        seed ^= seed >> 27
        out += (seed * 0x2545F4914F6CDD1D & (1 << 64) - 1).to_bytes(8, "little")
    return bytes(out[:size])


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def xxh3(data):
    return struct.pack("<Q", xxhash.xxh3_64_intdigest(data))


def sha256(data):
    return hashlib.sha256(data).digest()


def compress(data, prefix=b""):
    parameters = zstandard.ZstdCompressionParameters.from_level(3, write_content_size=False)
    dictionary = zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if prefix else None
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(data)


# Frames


def planes(data, dtype):
    """The byte planes of whole elements, and the bytes after the last one."""
    width = DTYPES[dtype][1]
    whole = len(data) // width * width
    if dtype == "bf16":  # rotated left by one: mantissa and sign, then exponent
        words = [w << 1 & 0xFFFF | w >> 15 for (w,) in struct.iter_unpack("<H", data[:whole])]
        return [bytes(w & 255 for w in words), bytes(w >> 8 for w in words)], data[whole:]
    return [data[p:whole:width] for p in range(width)], data[whole:]


def code_planes(data, dtype, forms="rzc"):
    """`forms` limits how a plane may be stored: raw, zstd, constant."""
    out = b""
    parts, tail = planes(data, dtype)
    for part in parts:
        if not part:
            continue
        choices = [(0, part)] if "r" in forms else []
        if "z" in forms:
            choices.append((1, compress(part)))
        if "c" in forms and len(set(part)) == 1:
            choices.append((2, part[:1]))
        form, content = min(choices, key=lambda choice: len(choice[1]))
        out += struct.pack("<BI", form, len(content)) + content
    return out + tail


def exponent_frame(data, dtype, forms="rzcd", form=3, **coded):
    """`coded`: arguments of coded_plane for the last plane; `form` is what is stored for a coded one."""
    width, rotation = DTYPES[dtype][1], ROTATIONS.get(dtype, 0)
    bits, n = 8 * width, len(data) // width
    words = [int.from_bytes(data[i * width : (i + 1) * width], "little") for i in range(n)]
    rotated = [(w << rotation | w >> bits - rotation) & (1 << bits) - 1 for w in words]
    out = b""
    for p in range(width if n else 0):
        part = bytes(w >> 8 * p & 255 for w in rotated)
        choices = [(0, part)] if "r" in forms else []
        if "z" in forms:
            choices.append((1, compress(part)))
        if "c" in forms and len(set(part)) == 1:
            choices.append((2, part[:1]))
        if "d" in forms or p == width - 1 and not choices:
            choices.append((form, coded_plane(part, **coded if p == width - 1 else {})))
        last = p == width - 1 and coded
        number, content = choices[-1] if last else min(choices, key=lambda choice: len(choice[1]))
        out += struct.pack("<BI", number, len(content)) + content
    return out + data[n * width :]


def xor(data, base):
    return bytes(a ^ b for a, b in zip(data, base)) + data[len(base) :]


def code_frame(method, data, base, dtype, forms="rzc", ulp=None, coded=None):
    return {
        RAW: lambda: data,
        PLANES: lambda: code_planes(data, dtype, forms),
        BITX: lambda: code_planes(xor(data, base), dtype, forms),
        PREFIX: lambda: compress(data, base),
        ULP: lambda: ulp_frame(data, base, dtype, **(ulp or {})),
        EXPONENT: lambda: exponent_frame(data, dtype, forms if forms != "rzc" else "rzcd", **(coded or {})),
    }[method]()


# Blobs


class Member:
    def __init__(self, data, dtype="bytes", methods=(PLANES,), row=0, base=None, offset=0, forms="rzc", ulp=None, coded=None):
        self.data, self.dtype, self.methods, self.row = data, dtype, methods, row
        self.base, self.offset, self.forms = base, offset, forms  # base: (key, raw bytes of the base's range)
        self.ulp, self.coded = ulp, coded  # arguments of ulp_frame, of coded_plane

    def frames(self):
        for number, start in enumerate(range(0, len(self.data), FRAME)):
            raw = self.data[start : start + FRAME]
            base = self.base[1][start : start + len(raw)] if self.base else b""
            method = self.methods[min(number, len(self.methods) - 1)]
            yield method, raw, code_frame(method, raw, base, self.dtype, self.forms, self.ulp, self.coded)


def key(digest, depth, algorithm=1):
    return bytes([algorithm]) + digest + bytes([depth])


def blob_body(bases, members, frames):
    """`bases`: keys; `members`: (dtype, length, row, base number, offset, base length); frames: (method, length, sum)."""
    body = varint(len(bases)) + b"".join(bases) + varint(len(members))
    for dtype, length, row, base, offset, base_length in members:
        body += bytes([dtype]) + varint(length) + varint(row) + varint(base)
        if base:
            body += varint(offset) + varint(base_length)
    for method, length, checksum in frames:
        body += struct.pack("<BI", method, length) + checksum
    return body


def blob_file(body, raw_length, frames, digest, depth, **change):
    """The whole object. `change` replaces a field of the preamble, by its name here."""
    fields = dict(
        magic=b"BITXblob", version=1, features=0, algorithm=1, depth=depth, reserved=0, header=80 + len(body),
        reserved2=0, raw=raw_length, stored=80 + len(body) + len(frames), digest=digest,
    )  # fmt: skip
    fields.update((name, value) for name, value in change.items() if name in fields)
    start = struct.pack("<8sHHBBHIIQQ32s", *fields.values())
    checksum = change.get("checksum", xxh3(start + body))
    return start + checksum + body + frames


def blob_parts(members):
    bases = sorted({m.base[0] for m in members if m.base}, key=lambda k: k[1:])
    rows, entries, stored = [], [], b""
    for m in members:
        number = bases.index(m.base[0]) + 1 if m.base else 0
        rows.append((DTYPES[m.dtype][0], len(m.data), m.row, number, m.offset, len(m.base[1]) if m.base else 0))
        for method, raw, coded in m.frames():
            entries.append((method, len(coded), xxh3(raw)))
            stored += coded
    depth = max((m.base[0][33] + 1 for m in members if m.base), default=0)
    raw = b"".join(m.data for m in members)
    return bases, rows, entries, stored, depth, raw


def blob(members, **change):
    bases, rows, entries, stored, depth, raw = blob_parts(members)
    return blob_file(blob_body(bases, rows, entries), len(raw), stored, sha256(raw), depth, **change)


# Recipes


def segment(blob_number, *rest):
    if blob_number == 0:
        return varint(0) + varint(len(rest[0])) + rest[0]
    return varint(blob_number) + varint(rest[0]) + varint(rest[1])


def tensor(name, dtype, shape, offset, length):
    name = name.encode()
    return (
        varint(len(name)) + name + bytes([dtype]) + varint(len(shape)) + b"".join(map(varint, shape))
        + varint(offset) + varint(length)
    )  # fmt: skip


def recipe_body(blobs, segments, tensors=(), form=0):
    return (
        varint(len(blobs)) + b"".join(blobs) + varint(len(segments)) + b"".join(segments)
        + bytes([form]) + varint(len(tensors)) + b"".join(tensors)
    )  # fmt: skip


def recipe(body, size, oid=bytes(32), **change):
    fields = dict(magic=b"BITXreci", version=1, features=0, algorithm=1, oid=oid, size=size, body_length=len(body))
    fields.update((name, value) for name, value in change.items() if name in fields)
    text = struct.pack("<8sHHB32sQQ", *fields.values()) + change.get("content", compress(body))
    return text + change.get("checksum", xxh3(text))
