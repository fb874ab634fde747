"""Containers: a part of formats.py, shares no code with the project."""

import struct

from files import Folder, bf16_weights, nudge, seed
from formats import EXPONENT, BITX, RAW, Member, blob, key, noise, recipe, recipe_body, segment, sha256, tensor, xxh3


def entry(name, data, **change):
    """`change` replaces the size or the checksum that is stored."""
    name = name.encode()
    head = bytes([len(name)]) + name + struct.pack("<Q", change.get("size", len(data)))
    return head + change.get("checksum", xxh3(head)) + data


def container(entries, **change):
    fields = dict(magic=b"BITXpack", version=1, features=0)
    fields.update(change)
    return struct.pack("<8sHH", *fields.values()) + b"".join(entries)


def blob_name(digest, depth):
    text = digest.hex()
    return f"blobs/{text[:2]}/{text[2:4]}/{text}.{depth}"


def recipe_name(digest):
    return f"recipes/{digest.hex()[:2]}/{digest.hex()}"


def safetensors(dtype, shape, data):
    header = b'{"w":{"dtype":"%s","shape":%s,"data_offsets":[0,%d]}}' % (dtype.encode(), str(shape).encode(), len(data))
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header, data


def packed(head, data, form, method, base=None, row=0):
    """A file of one tensor, as a blob and a recipe."""
    digest, oid = sha256(data), sha256(head + data)
    stored = blob([Member(data, "bf16", (method,), row, base=base)])
    number = 1 if base else 0
    body = recipe_body([key(digest, number)], [segment(0, head), segment(1, 0, len(data))],
                       [tensor("w", 4, [len(data) // 2 // 60, 60], len(head), len(data))], form)  # fmt: skip
    return [entry(blob_name(digest, number), stored), entry(recipe_name(oid), recipe(body, len(head) + len(data), oid))]


def write_containers():
    folder = Folder("container")
    base = bf16_weights(3000, 1)
    head, _ = safetensors("BF16", [50, 60], base)
    tuned = nudge(base, 4)
    solo = packed(head, base, 1, EXPONENT, row=60)
    delta = packed(head, tuned, 1, BITX, (key(sha256(base), 0), base), 60)
    good = folder.good("solo", container(solo))
    folder.good("delta", container(delta))
    folder.good("empty", container([]))
    with open(f"{folder.path}/plain-base", "wb") as file:
        file.write(head + base)
    with open(f"{folder.path}/plain-tuned", "wb") as file:
        file.write(head + tuned)

    bad = folder.bad
    bad("nothing", b"", "corrupt", "it is not a container")
    bad("magic", container(solo, magic=b"BITXblob"), "corrupt", "it is not a container")
    bad("version", container(solo, version=2), "unsupported", "it is a container of a newer format")
    bad("feature", container(solo, features=1), "unsupported", "it needs a feature that this version does not know")
    cut = "it ends too early: it was cut off"
    bad("start", good[:11], "corrupt", "it is not a container")
    bad("key-cut", good[:30], "corrupt", cut)
    bad("object-cut", good[:500], "corrupt", cut)
    bad("last-byte", good[:-1], "corrupt", cut)
    bad("key-empty", container([entry("", b"x")]), "corrupt", "what stands before an object does not match its checksum")
    bad("checksum", container([entry("bitx", b"x", checksum=bytes(8))]), "corrupt",
        "what stands before an object does not match its checksum")  # fmt: skip
    bad("key-bit", good[:20] + bytes([good[20] ^ 1]) + good[21:], "corrupt",
        "what stands before an object does not match its checksum")  # fmt: skip
    bad("size-huge", container([entry("bitx", b"x", size=(1 << 64) - 1)]), "corrupt", cut)
    folder.close()
    seed("container", "solo", good)
    seed("container", "two", container([entry("a", b"1"), entry("b" * 255, noise(30, 1))]))
    seed("container", "size-huge", container([entry("bitx", b"x", size=(1 << 64) - 5)]))
