"""What a store holds, read by a second implementation of codec/FORMAT.md and remote/LAYOUT.md, so that a fault of the
program's own reader cannot hide a fault of its writer."""
import ctypes
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

_zstd = ctypes.CDLL("libzstd.so.1")
_zstd.ZSTD_decompress.restype = ctypes.c_size_t
_xxhash = ctypes.CDLL("libxxhash.so.0")
_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "ends too early"
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self, width):
        return int.from_bytes(self.take(width), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.integer(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def key(self):
        assert self.integer(1) == 1, "another hash algorithm"
        sha256 = self.take(32).hex()
        return f"{sha256}.{self.integer(1)}"


@dataclass
class Recipe:
    oid: str
    size: int
    segments: list = field(default_factory=list)  # (blob or None, offset, length)
    tensors: list = field(default_factory=list)  # (name, dtype tag, shape, offset, length)

    def blobs(self):
        return {blob for blob, _, _ in self.segments if blob}


def read_recipe(data):
    assert data[:8] == b"BITXreci"
    assert int.from_bytes(data[-8:], "little") == _xxhash.XXH3_64bits(data[:-8], len(data) - 8)
    cursor = Cursor(data)
    cursor.take(8 + 2 + 2)
    assert cursor.integer(1) == 1
    recipe = Recipe(cursor.take(32).hex(), cursor.integer(8))
    body_size = cursor.integer(8)
    packed, body = data[cursor.at : -8], ctypes.create_string_buffer(body_size)
    assert _zstd.ZSTD_decompress(body, ctypes.c_size_t(body_size), packed, ctypes.c_size_t(len(packed))) == body_size
    cursor = Cursor(body.raw)
    blobs = [cursor.key() for _ in range(cursor.varint())]
    for _ in range(cursor.varint()):
        if number := cursor.varint():
            recipe.segments.append((blobs[number - 1], cursor.varint(), cursor.varint()))
        else:
            length = cursor.varint()
            recipe.segments.append((None, 0, len(cursor.take(length))))
    cursor.integer(1)
    for _ in range(cursor.varint()):
        name = cursor.take(cursor.varint()).decode()
        dtype = cursor.integer(1)
        shape = [cursor.varint() for _ in range(cursor.varint())]
        recipe.tensors.append((name, dtype, shape, cursor.varint(), cursor.varint()))
    assert cursor.at == body_size
    assert sum(length for _, _, length in recipe.segments) == recipe.size
    return recipe


@dataclass
class Blob:
    key: str
    header_length: int
    raw_length: int
    stored_length: int
    bases: list  # keys

    @property
    def depth(self):
        return int(self.key[-1])


def read_blob(data):
    """The header of a stored blob."""
    assert data[:8] == b"BITXblob"
    cursor = Cursor(data)
    cursor.take(8 + 2 + 2)
    assert cursor.integer(1) == 1
    depth = cursor.integer(1)
    cursor.take(2)
    header_length = cursor.integer(4)
    cursor.take(4)
    raw_length, stored_length = cursor.integer(8), cursor.integer(8)
    sha256 = cursor.take(32).hex()
    checksum = cursor.integer(8)
    covered = data[:72] + data[80:header_length]
    assert checksum == _xxhash.XXH3_64bits(covered, len(covered))
    bases = [cursor.key() for _ in range(cursor.varint())]
    return Blob(f"{sha256}.{depth}", header_length, raw_length, stored_length, bases)


def blob_path(store, key):
    return Path(store) / "blobs" / key[:2] / key[2:4] / key


def recipes(store):
    """oid -> recipe."""
    return {p.name: read_recipe(p.read_bytes()) for p in Path(store).glob("recipes/??/" + "[0-9a-f]" * 64)}


def blobs(store):
    """key -> blob, of every blob in the store."""
    paths = (p for p in Path(store).glob("blobs/??/??/*") if re.fullmatch("[0-9a-f]{64}[.][0-3]", p.name))
    return {p.name: read_blob(p.read_bytes()) for p in paths}


def check(store):
    """Fails unless every recipe names only blobs in the store, every chain ends within depth 3, and every object is
    where its name says, whole. Returns (recipes, blobs)."""
    known, held = recipes(store), blobs(store)
    for key, blob in held.items():
        assert blob.key == key, f"{key} holds {blob.key}"
        assert blob_path(store, key).stat().st_size == blob.stored_length, f"{key} is cut"
        for base in blob.bases:
            assert base in held, f"{key} needs {base}, which is absent"
            assert int(base[-1]) < blob.depth <= 3
        assert blob.depth == max((int(base[-1]) + 1 for base in blob.bases), default=0)
    for oid, recipe in known.items():
        assert recipe.oid == oid
        for blob, offset, length in recipe.segments:
            if blob:
                assert blob in held, f"recipe {oid} needs {blob}, which is absent"
                assert offset + length <= held[blob].raw_length
    return known, held


def of_file(store, file):
    """The recipe of a file."""
    oid = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return read_recipe((Path(store) / "recipes" / oid[:2] / oid).read_bytes())
