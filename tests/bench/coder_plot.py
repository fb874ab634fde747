"""Draws size against speed as SVG: a row of panels a dtype, encode on the left, decode on the right."""
import math

WIDTH, HEIGHT, LEFT, TOP, GAP = 400, 240, 64, 34, 76
COLOURS = {
    "ours": "#c0392b", "ours-solo": "#e67e22", "bitx-zstd1": "#85c1e9", "bitx-zstd3": "#2e86c1", "bitx-zstd9": "#1b4f72",
    "planes-zstd3": "#7f8c8d", "fm-delta": "#27ae60", "openzl-xor": "#8e44ad", "openzl-solo": "#c39bd3",
}  # fmt: skip


def panel(rows, direction, title, x0, y0):
    speeds = [row[f"{direction}_cpu"] for row in rows]
    shares = [row["stored"] / row["raw"] for row in rows]
    low, high = math.log10(min(speeds) / 1.3), math.log10(max(speeds) * 1.3)
    most = math.ceil(max(shares) * 10) / 10
    x = lambda speed: x0 + (math.log10(speed) - low) / (high - low) * WIDTH  # noqa: E731
    y = lambda share: y0 + HEIGHT - share / most * HEIGHT  # noqa: E731
    yield f'<text x="{x0}" y="{y0 - 10}" font-weight="bold">{title}</text>'
    yield f'<rect x="{x0}" y="{y0}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>'
    for tenth in range(0, round(most * 10) + 1, 2):
        at = y(tenth / 10)
        yield f'<line x1="{x0}" x2="{x0 + WIDTH}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
        yield f'<text x="{x0 - 6}" y="{at + 4:.1f}" text-anchor="end">{tenth * 10}%</text>'
    for speed in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000):
        if low < math.log10(speed) < high:
            at = x(speed)
            yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y0}" y2="{y0 + HEIGHT}" stroke="#eee"/>'
            yield f'<text x="{at:.1f}" y="{y0 + HEIGHT + 16}" text-anchor="middle">{speed}</text>'
    for row, speed, share in zip(rows, speeds, shares):
        yield f'<circle cx="{x(speed):.1f}" cy="{y(share):.1f}" r="6" fill="{COLOURS[row["coder"]]}" stroke="white"/>'


def legend(rows, x, y):
    for number, coder in enumerate(coder for coder in COLOURS if any(row["coder"] == coder for row in rows)):
        yield f'<circle cx="{x}" cy="{y + 20 * number}" r="6" fill="{COLOURS[coder]}"/>'
        yield f'<text x="{x + 12}" y="{y + 20 * number + 4}">{coder}</text>'


def plot(rows):
    """The SVG of rows that are totals over a dtype's pairs, on one core."""
    dtypes = sorted({row["dtype"] for row in rows})
    width, height = 2 * (LEFT + WIDTH) + 140, len(dtypes) * (HEIGHT + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for number, dtype in enumerate(dtypes):
        for side, direction in enumerate(("encode", "decode")):
            some = [row for row in rows if row["dtype"] == dtype]
            title = f"{dtype}: share of raw bytes, {direction} MB/s of CPU time (log)"
            parts += panel(some, direction, title, LEFT + side * (LEFT + WIDTH), TOP + number * (HEIGHT + GAP))
    parts += legend(rows, width - 110, TOP + 10)
    return "\n".join(parts + ["</svg>"]) + "\n"
