#!/usr/bin/python3
"""Measures git-bitx from outside: what a fine-tune costs in the store, and what push and clone cost in time and
memory, beside git-lfs's own transfer to a file:// remote, in one run on one machine.

usage: end_to_end.py [--repeat 3] [--json OUT] [DATA]

DATA holds one folder a family, with base.safetensors and its fine-tunes (default: tests/data/models). Every pair is
pushed and cloned `repeat` times each way; times are medians, memory is the highest seen. Fails when a clone differs.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import models  # noqa: E402
import objects  # noqa: E402
from pairs import pairs_of  # noqa: E402
from sandbox import PROJECT, Machine, recipe_of, same, stored  # noqa: E402

MB = 1e6


class Meter:
    """Peak resident memory of this process's descendants, sampled: of all together, and of git-bitx alone."""

    def __enter__(self):
        self.tree = self.bitx = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()
        self.begin = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begin
        self.done.set()
        self.thread.join()

    def sample(self):
        while not self.done.wait(0.005):
            parents, rss, names = {}, {}, {}
            for entry in os.scandir("/proc"):
                if not entry.name.isdigit():
                    continue
                try:
                    status = Path(entry.path, "status").read_text()
                except OSError:
                    continue
                fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
                pid = int(entry.name)
                parents[pid] = int(fields["PPid"])
                names[pid] = fields["Name"]
                rss[pid] = int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
                if names[pid] == "git-bitx" and self.is_mine(pid, parents):
                    self.bitx = max(self.bitx, int(fields.get("VmHWM", "0 kB").split()[0]) * 1024)
            mine = [pid for pid in parents if self.is_mine(pid, parents)]
            self.tree = max(self.tree, sum(rss[pid] for pid in mine))

    @staticmethod
    def is_mine(pid, parents):
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False


def median(meters):
    return statistics.median(m.seconds for m in meters)


def closure(held, keys):
    """The blobs that decoding `keys` reads."""
    found, queue = set(), list(keys)
    while queue:
        key = queue.pop()
        if key not in found:
            found.add(key)
            queue += held[key].bases
    return found


def new_tensor_bytes(base, tuned):
    """Bytes of the tensors that the base does not have, and of all that is no tensor."""
    known = {data for _, _, data in models.read(base).values()}
    tensors = models.read(tuned).values()
    rest = tuned.stat().st_size - sum(len(data) for _, _, data in tensors)
    return rest + sum(len(data) for _, _, data in tensors if data not in known)


def by_bitx(root, base, tuned, declared):
    """Pushes base and tuned to a new store, clones tuned. Returns (push, clone, figures)."""
    machine, store = Machine(root).install(), root / "store"
    machine.model("base", store, base, "--publish", "bench/base")
    before = stored(store)
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}", *(["--base", "bench/base"] if declared else []))
    machine.commit(repository, "tuned", model=tuned)
    with Meter() as push:
        machine.git(repository, "push", "origin", "main")
    with Meter() as clone:
        copy = machine.clone(machine.root / "tuned.git", "clone")
    assert same(copy / "model.safetensors", tuned), f"the clone of {tuned} differs"

    after = stored(store)
    known, held = objects.check(store)
    needed = closure(held, known[Path(recipe_of(tuned)).name].blobs())
    of_base = closure(held, known[Path(recipe_of(base)).name].blobs())
    recipe = after[recipe_of(tuned)]
    figures = {
        "stored": sum(size for key, size in after.items() if key not in before),
        "cold": recipe + sum(held[key].stored_length for key in needed),
        "with_base": recipe + sum(held[key].stored_length for key in needed - of_base),
    }
    return push, clone, figures


def by_git_lfs(root, base, tuned):
    """The same by git-lfs alone, whose store is the file:// remote."""
    machine = Machine(root)
    for name, file in (("base", base), ("tuned", tuned)):
        repository = machine.repository(name, f"file://{machine.bare(name)}")
        machine.commit(repository, name, model=file)
        with Meter() as push:
            machine.git(repository, "push", "origin", "main")
    with Meter() as clone:
        copy = machine.clone(f"file://{machine.root}/tuned.git", "clone")
    assert same(copy / "model.safetensors", tuned)
    return push, clone


def measure(name, base, tuned, repeat):
    size = tuned.stat().st_size
    row = {"pair": name, "size": size, "file": 1.0, "tensor": new_tensor_bytes(base, tuned) / size}
    if same(base, tuned):
        row["file"] = 0.0
    runs = {"bitx": [], "lfs": []}
    for number in range(repeat + 1):
        with tempfile.TemporaryDirectory(prefix="bitx-bench.") as scratch:
            scratch = Path(scratch)
            if number == 0:  # not declared: only equal tensors are shared; this run also warms the caches
                row["alone"] = by_bitx(scratch / "alone", base, tuned, declared=False)[2]["stored"] / size
                continue
            *meters, figures = by_bitx(scratch / "bitx", base, tuned, declared=True)
            runs["bitx"].append(meters)
            runs["lfs"].append(by_git_lfs(scratch / "lfs", base, tuned))
    row |= {key: value / size for key, value in figures.items()}
    for which, meters in runs.items():
        for index, direction in enumerate(("push", "clone")):
            some = [m[index] for m in meters]
            row[f"{which}_{direction}_s"] = median(some)
            row[f"{which}_{direction}_tree_mb"] = max(m.tree for m in some) / MB
            row[f"{which}_{direction}_bitx_mb"] = max(m.bitx for m in some) / MB
    return row


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report(rows):
    print("Bytes in the store for the fine-tune, and bytes read by a pull, as share of its size; `alone` is without a")
    print("declared base.\n")
    head = ["pair", "MB", "file dedup", "tensor dedup", "alone", "delta", "cold pull", "pull, base at hand"]
    shares = ("file", "tensor", "alone", "stored", "cold", "with_base")
    table(head, [[r["pair"], f"{r['size'] / MB:.1f}"] + [f"{r[s]:.1%}" for s in shares] for r in rows])
    print("Seconds (median) and peak resident memory in MB: git-bitx alone, all processes; beside git-lfs's own transfer")
    print("to a file:// remote.\n")
    head = ["pair"]
    for direction in ("push", "clone"):
        head += [f"{direction} s", "git-lfs s", "ratio", "MB git-bitx", "MB all", "MB all git-lfs"]
    lines = []
    for r in rows:
        line = [r["pair"]]
        for d in ("push", "clone"):
            ours, theirs = r[f"bitx_{d}_s"], r[f"lfs_{d}_s"]
            line += [f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}"]
            line += [f"{r[f'bitx_{d}_bitx_mb']:.0f}", f"{r[f'bitx_{d}_tree_mb']:.0f}", f"{r[f'lfs_{d}_tree_mb']:.0f}"]
        lines.append(line)
    table(head, lines)
    print("Every pair came back identical.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=PROJECT / "tests" / "data" / "models")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [measure(*pair, options.repeat) for pair in pairs_of(options.data)]
    report(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
