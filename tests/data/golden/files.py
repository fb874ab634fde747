"""Where golden files and the first inputs of the fuzz targets go, and the numbers that they are made of."""

import os
import struct

from formats import noise

HERE = os.path.dirname(os.path.abspath(__file__))


class Folder:
    def __init__(self, name):
        self.path = os.path.join(HERE, name)
        self.errors = []
        os.makedirs(self.path, exist_ok=True)

    def good(self, name, data):
        with open(os.path.join(self.path, "good-" + name), "wb") as file:
            file.write(data)
        return data

    def bad(self, name, data, kind, message):
        with open(os.path.join(self.path, "bad-" + name), "wb") as file:
            file.write(data)
        self.errors.append(f"bad-{name}\t{kind}\t{message}\n")

    def close(self):
        with open(os.path.join(self.path, "errors.txt"), "w") as file:
            file.writelines(self.errors)


def seed(target, name, data):
    folder = os.path.join(HERE, "..", "fuzz", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def bf16_weights(count, seed_value):
    """Numbers around 2^-6 with both signs: what weights look like."""
    words = struct.unpack(f"<{count}H", noise(2 * count, seed_value))
    return b"".join(struct.pack("<H", w & 0x8000 | 0x3C00 + (w & 0x1FF)) for w in words)


def nudge(data, step, amount=1):
    out = bytearray(data)
    for i in range(0, len(out), step):
        out[i] ^= amount
    return bytes(out)
