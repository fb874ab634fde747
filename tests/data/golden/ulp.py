"""Frames of method 4 (codec/FORMAT-ulp.md), written in Python. A part of formats.py: shares no code with the project.

It chooses its distributions more simply than the project does: what a decoder needs is stored, not how it was found.
"""

import struct

LANES = 32  # at most
LOW = 1 << 16
NUMBERS = {  # width, mantissa bits, exponent bits
    "f64": (8, 52, 11), "f32": (4, 23, 8), "f16": (2, 10, 5), "bf16": (2, 7, 8), "f8_e4m3": (1, 3, 4), "i8": (1, 0, 0),
}  # fmt: skip


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def difference(v, b, bits, is_float):
    top, mask = 1 << bits - 1, (1 << bits) - 1
    if is_float:
        d = ((v ^ mask if v >= top else v ^ top) - (b ^ mask if b >= top else b ^ top)) & mask
        if b >= top:
            d = -d & mask
    else:
        d = v - b & mask
    signed = d - (mask + 1) if d >= top else d
    return 2 * signed if signed >= 0 else -2 * signed - 1


def token_of(z, m):
    """The token, its extra bits, and how many these are."""
    g = z >> 1
    if g < 1 << m:
        return z, 0, 0
    s = g.bit_length() - 1 - m
    return 2 * ((s + 1 << m) + (g >> s) % (1 << m)) + z % 2, g % (1 << s), s


# Distributions


def weight(level):
    return 0 if level < 2 else (4 + (level - 2) % 4) << (level - 2) // 4


def slots(levels):
    """For each symbol that occurs: where its slots start, and how many they are."""
    occurring = [t for t, level in enumerate(levels) if level]
    total = sum(weight(level) for level in levels)
    starts, before = [], 0
    for i, t in enumerate(occurring):
        starts.append(i + (1024 - len(occurring)) * before // total)
        before += weight(levels[t])
    ends = starts[1:] + [1024]
    return {t: (start, end - start) for t, start, end in zip(occurring, starts, ends)}


def levels_of(counts):
    """About the logarithm of each count; at least two tokens occur."""
    levels = [0 if c == 0 else min(52, 2 + 4 * (c.bit_length() - 1)) for c in counts]
    for t in range(2):
        if sum(level > 0 for level in levels) < 2:
            levels[t] = levels[t] or 2
    return levels


def put(x, start, size, words):
    if x >= size << 22:
        words.append(x & 0xFFFF)
        x >>= 16
    return (x // size << 10) + x % size + start


def put_bits(x, value, count, words):
    if count and x >> 32 - count:
        words.append(x & 0xFFFF)
        x >>= 16
    return x << count | value


def symbol_string(symbols, nibbles=None, words_added=0):
    """`nibbles` replaces the distribution, which otherwise fits the symbols."""
    if not symbols:
        return b""
    if len(set(symbols)) == 1 and nibbles is None:
        return bytes([128 + symbols[0]])
    if nibbles is None:
        counts = [symbols.count(s) for s in range(max(symbols) + 1)]
        nibbles = [0 if c == 0 else min(15, 1 + 2 * (c.bit_length() - 1)) for c in counts]
    top = len(nibbles) - 1
    nibbles = (nibbles + [0])[: top // 2 * 2 + 2]
    out = bytes([top]) + bytes(nibbles[i] | nibbles[i + 1] << 4 for i in range(0, len(nibbles), 2))
    words, x = [], LOW
    table = slots([2 * n for n in nibbles])
    for s in reversed(symbols):
        x = put(x, *table[s], words)
    words = list(reversed(words)) + [0] * words_added
    return out + varint(len(words)) + struct.pack("<I", x) + struct.pack(f"<{len(words)}H", *words)


# Frames


def folded(step):
    return 2 * step if step >= 0 else -2 * step - 1


def map_of(starts, exponents, scaled):
    """The context of each cell, where a new one begins at each start; and the map as it is stored."""
    order = [16 * e + s for e in sorted(starts) for s in range(16) if starts[e] >> s & 1]
    context = [max(0, sum(start <= cell for start in order) - 1) for cell in range(16 * exponents)]
    if not scaled:  # all cells of an exponent are its first
        context = [context[cell // 16 * 16] for cell in range(16 * exponents)]
    contexts = max(context) + 1
    steps = []
    for cell in range(0, 16 * exponents, 1 if scaled else 16):
        before = context[cell - 1] if cell % 16 else context[cell - 16] if cell else 0
        steps.append(folded(context[cell] - before))
    return context, bytes([contexts]) + (symbol_string(steps) if contexts > 1 else b"")


def laplace_of(scale, last, m):
    """The levels of a Laplace distribution."""
    density = []
    for t in range(last + 1):
        h = t // 2 + t % 2
        e = h >> m
        count = max((t >> 1 >> m) - 1, 0)
        fall = 0
        if t:
            lead = (2 * h if e == 0 else 2 * (h % (1 << m) + (1 << m))) + (e > 1)
            o = lead.bit_length() - 1
            f = (lead * 256 >> o) % 256
            magnitude = 4 * (o - 1 + max(e - 1, 0)) + (f >= 48) + (f >= 106) + (f >= 175)
            distance = magnitude + 32 - scale
            c, u = (92, 110, 131, 155)[distance % 4], distance // 4
            fall = 4 * c if u >= 6 else c * 2**u // 16 if u >= 0 else c >> 4 + min(-u, 12)
        density.append(4 * count - fall)
    return [max(1, 52 + d - max(density)) for d in density]


def laplace_tables_of(tables, scales, m):
    out, steps = b"", []
    for levels, scale in zip(tables, scales):
        last = max(t for t, level in enumerate(levels) if level)
        out += bytes([last, scale])
        p = laplace_of(scale, last, m)
        for t in range(last + 1):
            off = levels[t - 2] - p[t - 2] if t >= 2 and levels[t - 2] else 0
            steps.append(folded(levels[t] - max(0, min(52, p[t] + off))))
    return out, steps


def tables_of(tables):
    out, steps = b"", []
    for levels in tables:
        last = max(t for t, level in enumerate(levels) if level)
        out += bytes([last])
        steps += [folded(levels[t] - (levels[t - 2] if t >= 2 else 0)) for t in range(last + 1)]
    return out, steps


def ulp_frame(data, base, dtype, starts=None, scales=None, low_bytes=False, **change):
    """`starts`: {exponent class: bits of scale classes}, where contexts begin; `scales`: (row length, column, rows,
    columns). `low_bytes` splits differences of 32 bits. `change` makes the frame a malformed one."""
    width, mantissa, exponent = NUMBERS[dtype]
    bits = 8 * width
    base = (base + bytes(len(data)))[: len(data)]
    n = len(data) // width
    tail = data[n * width :]
    numbers = [int.from_bytes(data[i * width : (i + 1) * width], "little") for i in range(n)]
    bases = [int.from_bytes(base[i * width : (i + 1) * width], "little") for i in range(n)]
    if numbers == bases and not (change.keys() - {"laplace"}):
        return b"\0" + tail

    starts = starts or {}
    z = [difference(v, b, bits, exponent > 0) for v, b in zip(numbers, bases)]
    low_bits = 32 if bits == 64 else 8 if low_bytes else 0
    low = [v & (1 << low_bits) - 1 for v in z]
    z = [v >> low_bits for v in z]
    exponents = [b >> mantissa & (1 << exponent) - 1 for b in bases]
    lowest = min(exponents)
    window = min(32, max(exponents) - lowest + 1)
    context_of, map_stored = map_of(starts, window, scales is not None)
    cells = []
    for i, e in enumerate(exponents):
        scale = 0
        if scales:
            row_length, column, rows, columns = scales
            at = column + i
            scale = max(0, min(15, rows[at // row_length] + columns[at % row_length] >> 1))
        cells.append(min(e - lowest, window - 1) * 16 + scale)
    table_of = [context_of[cell] for cell in cells]
    m = 3 if bits <= 16 else 2
    tokens = [token_of(v, m) for v in z]
    counts = [[0] * 256 for _ in range(max(context_of) + 1)]
    for table, (token, _, _) in zip(table_of, tokens):
        counts[table][token] += 1
    tables = change.get("tables") or [levels_of(c) for c in counts]
    coding = [slots(levels) for levels in tables] if "tables" not in change else []

    lanes = 1
    while lanes < LANES and lanes * 1024 <= n:
        lanes *= 2
    states, words = [LOW] * lanes, []
    for first in reversed(range(0, n, lanes)) if coding else []:
        group = list(range(first, min(first + lanes, n)))
        for shift in (16, 0):
            for i in reversed(group):
                _, extra, count = tokens[i]
                if count > shift:
                    part = min(count - shift, 16)
                    states[i - first] = put_bits(states[i - first], extra >> shift & (1 << part) - 1, part, words)
        for i in reversed(group):
            states[i - first] = put(states[i - first], *coding[table_of[i]][tokens[i][0]], words)

    keep_low = low_bytes or any(low)
    flags = change.get("flags", 1 | (2 if scales else 0) | (4 if keep_low else 0) | (8 if change.get("laplace") else 0))
    out = bytes([flags]) + tail + varint(change.get("lowest", lowest)) + bytes([change.get("window", window)])
    if scales:
        row_length, column, rows, columns = scales
        out += varint(change.get("row_length", row_length)) + varint(change.get("column", column))
        out += symbol_string([r + 64 for r in rows]) + symbol_string([c + 64 for c in columns])
    laplace = change.get("laplace")  # a scale for each table
    head, steps = laplace_tables_of(tables, laplace, m) if laplace else tables_of(tables)
    out += change.get("map", map_stored) + change.get("tables_stored", head + change.get("steps", symbol_string(steps)))
    if keep_low:
        out += struct.pack(f"<{n}I" if bits == 64 else f"<{n}B", *low)
    states[0] = change.get("state", states[0])
    out += struct.pack(f"<{lanes}I", *states)
    words = list(reversed(words))
    return out + struct.pack(f"<{len(words)}H", *words)


# Planes of method 5


def coded_plane(plane, starts=None, scales=None, states_cut=None, words_cut=None, words_added=b"", **change):
    """`starts`: the scale classes, from 1, where another table begins; `scales`: (row length, column, rows, columns)."""
    starts = starts or []
    classes = []
    for i in range(len(plane)):
        scale = 0
        if scales:
            row_length, column, rows, columns = scales
            scale = max(0, min(15, rows[(column + i) // row_length] + columns[(column + i) % row_length] >> 1))
        classes.append(scale)
    table_of = [sum(start <= c for start in starts) for c in classes]
    counts = [[0] * 256 for _ in range(1 + len(starts))]
    for table, symbol in zip(table_of, plane):
        counts[table][symbol] += 1
    tables = change.get("tables") or [levels_of(c) for c in counts]
    states, words = [LOW] * LANES, []
    if "tables" not in change:
        coding = [slots(levels) for levels in tables]
        for i in reversed(range(len(plane))):
            states[i % LANES] = put(states[i % LANES], *coding[table_of[i]][plane[i]], words)
    out = bytes([change.get("flags", 1 if scales else 0)])
    if scales:
        out += varint(change.get("row_length", row_length)) + varint(change.get("column", column))
        out += symbol_string([r + 64 for r in rows]) + symbol_string([c + 64 for c in columns])
        out += struct.pack("<H", change.get("starts_stored", sum(1 << c for c in starts)))
    laplace = change.get("laplace")  # a scale for each table
    head, steps = laplace_tables_of(tables, laplace, m) if laplace else tables_of(tables)
    out += head + change.get("steps", symbol_string(steps))
    states[0] = change.get("state", states[0])
    out += struct.pack(f"<{min(len(plane), LANES)}I", *states[: min(len(plane), LANES)])[:states_cut]
    if states_cut is not None:
        return out
    words = list(reversed(words))
    return out + struct.pack(f"<{len(words)}H", *words)[:words_cut] + words_added
