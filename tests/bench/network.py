#!/usr/bin/python3
"""Measures stores on servers, each side beside its rival in one run on one machine.

usage: network.py [--repeat 3] [--link NAME] [--json OUT] [DATA]        pairs over a slow link, and their requests
       network.py --throughput [--size BYTES] [--repeat 5]              one large object on loopback, beside curl

Pairs: every fine-tune of DATA (default: tests/data/models) is pushed to a WebDAV store (nginx) over a link, its base
being there, and cloned where nothing is at hand; so it is by plain git-lfs to an LFS server (giftless) over the same
link (shaped.py; needs root). The git remote is local for both. Fails when a clone differs.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "servers")]
import lfs  # noqa: E402
import shaped  # noqa: E402
import webdav  # noqa: E402
from end_to_end import pairs_of, table  # noqa: E402
from sandbox import PROJECT, Machine, program, same  # noqa: E402

class Requests:
    """Counts the lines that a server's access log gains."""

    def __init__(self, log):
        self.log, self.before = log, self.lines(log)

    @staticmethod
    def lines(log):
        return log.read_text().count("\n") if log.exists() else 0

    def count(self):
        time.sleep(0.05)  # nginx writes a line when the answer has gone out
        return self.lines(self.log) - self.before


def timed(log, work):
    requests, begin = Requests(log), time.monotonic()
    work()
    return time.monotonic() - begin, requests.count()


def story(machine, log, base, tuned, prepare):
    """Commits and pushes base and tuned, clones tuned; returns (seconds, requests) of tuned's push and of its clone."""
    for name, file in (("base", base), ("tuned", tuned)):
        repository = machine.repository(name)
        prepare(repository, name)
        machine.commit(repository, name, model=file)
        push = timed(log, lambda: machine.git(repository, "push", "origin", "main"))
    clone = timed(log, lambda: machine.clone(machine.root / "tuned.git", "clone"))
    assert same(machine.root / "clone" / "model.safetensors", tuned), f"the clone of {tuned} differs"
    return push, clone


def by_bitx(root, base, tuned):
    with webdav.nginx() as server:
        machine, url = Machine(root).install(), f"{server.url}/store"
        options = {"base": ["--publish", "bench/base"], "tuned": ["--base", "bench/base"]}
        return story(machine, server.log, base, tuned,
                     lambda repository, name: machine.git(repository, "bitx", "init", url, *options[name]))


def by_git_lfs(root, base, tuned):
    with lfs.giftless() as (server, log):
        machine, url = Machine(root), f"{server}/bench/models"

        def prepare(repository, name):
            machine.git(repository, "config", "-f", ".lfsconfig", "lfs.url", url)
            machine.git(repository, "config", f"lfs.{url}.locksverify", "false")

        return story(machine, log, base, tuned, prepare)


def measure(link, name, base, tuned, repeat):
    runs = {"bitx": [], "lfs": []}
    for _ in range(repeat):
        for side, run in ("bitx", by_bitx), ("lfs", by_git_lfs):
            with tempfile.TemporaryDirectory(prefix="bitx-bench.") as scratch:
                runs[side].append(run(Path(scratch) / "machine", base, tuned))
    row = {"link": link, "pair": name}
    for side, results in runs.items():
        for i, direction in enumerate(("push", "clone")):
            row[f"{side}_{direction}_s"] = statistics.median(r[i][0] for r in results)
            row[f"{side}_{direction}_requests"] = max(r[i][1] for r in results)
    return row


def report(rows):
    head = ["link", "pair"]
    for direction in "push", "clone":
        head += [f"{direction} s", "git-lfs s", "ratio", "requests", "git-lfs requests"]
    lines = []
    for row in rows:
        line = [row["link"], row["pair"]]
        for d in "push", "clone":
            ours, theirs = row[f"bitx_{d}_s"], row[f"lfs_{d}_s"]
            line += [f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}", str(row[f"bitx_{d}_requests"]),
                     str(row[f"lfs_{d}_requests"])]
        lines.append(line)
    table(head, lines)
    print("Every pair came back identical.")


def throughput(size, repeat):
    """One object of random bytes to nginx and back: our engine, and curl alone."""
    transfer = program().parent / "tests" / "transfer_bench"
    with tempfile.TemporaryDirectory(prefix="bitx-bench.") as scratch, webdav.nginx() as server:
        file = Path(scratch) / "object"
        with open(file, "wb") as out:
            for _ in range(size >> 20):
                out.write(os.urandom(1 << 20))
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}

        def seconds(*command):
            done = subprocess.run(command, env=clean, check=True, capture_output=True, text=True)
            return float(re.findall(r"[\d.]+", done.stdout)[-1])

        # curl -T - would send chunks; a file goes with its length, as ours does.
        ways = {
            "put": (lambda: seconds(transfer, "put", server.url, file),
                    lambda: seconds("curl", "-sS", "-H", "Expect:", "-T", file, "-w", "%{time_total}",
                                    f"{server.url}/by-curl")),
            "get": (lambda: seconds(transfer, "get", server.url),
                    lambda: seconds("curl", "-sS", "-o", "/dev/null", "-w", "%{time_total}", f"{server.url}/by-curl")),
        }
        rows = []
        for verb, (ours, theirs) in ways.items():
            times = [(ours(), theirs()) for _ in range(repeat)]
            mine, curl = (statistics.median(t[i] for t in times) for i in (0, 1))
            rows.append([verb, f"{size / mine / 1e6:.0f}", f"{size / curl / 1e6:.0f}", f"{curl / mine:.2f}"])
        table(["verb", "git-bitx MB/s", "curl MB/s", "of curl"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=PROJECT / "tests" / "data" / "models")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--link", choices=shaped.LINKS, default="100 ms")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--throughput", action="store_true")
    parser.add_argument("--size", type=int, default=1 << 30)
    options = parser.parse_args()
    if options.throughput:
        return throughput(options.size, options.repeat)
    shaped.enter(options.link)
    rows = [measure(options.link, *pair, options.repeat) for pair in pairs_of(options.data)]
    report(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
