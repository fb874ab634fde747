#!/usr/bin/python3
"""Measures push and clone of large models beside git-lfs, in one run on one machine: to a folder, beside git-lfs's own
transfer to a file:// remote; or over a slow link (shaped.py), to a WebDAV server beside an LFS server (giftless).

usage: scale.py [--models base,tuned,...] [--repeat 3] [--link "1 Gbit/s"] [--json OUT] FAMILY...

FAMILY is a folder with one folder a model (base and its fine-tunes), each with its *.safetensors. Of each model, in both
ways: push, then clone with nothing at hand; of git-bitx, too, a clone with the base's files at hand (bitx.local). Wall
times are medians and so are their ratios; `busy` is the share of all cores' time that was used; `in agent` is the time
from git-lfs's requests to the answers, the rest is git's and git-lfs's own; requests are those to the store; memory is the
highest that one git-bitx process had. Fails when a clone differs.
"""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "servers")]
import agents  # noqa: E402
import lfs  # noqa: E402
import shaped  # noqa: E402
import webdav  # noqa: E402
from sandbox import Machine, same, stored_bytes  # noqa: E402

MB = 1e6


def last(repository, operation):
    return json.loads((repository / ".git" / "lfs" / "bitx" / f"last-{operation}.json").read_text())


class Timed:
    """Wall and CPU seconds of a command, its children's included; peak memory of the agents that it started."""

    def __init__(self, machine, log, cwd, *argv):
        log.unlink(missing_ok=True)
        before, begin = os.times(), time.monotonic()
        machine.git(cwd, *argv, timeout=3600)
        after = os.times()
        self.wall = time.monotonic() - begin
        self.cpu = after.children_user - before.children_user + after.children_system - before.children_system
        self.agent, self.requests = 0.0, 0
        self.peak = max((int(line) * 1024 for line in log.read_text().split()), default=0) if log.exists() else 0

    def of_agent(self, summary):
        self.agent, self.requests = summary["seconds"], summary["requests"]


def files_of(model):
    return sorted(model.glob("*.safetensors"))


def repository_of(machine, name, model, remote=None, init=()):
    path = machine.repository(name, remote)
    if init:
        machine.git(path, "bitx", "init", *init)
    machine.commit(path, name, **{file.stem: file for file in files_of(model)})
    return path


def check(clone, model):
    for file in files_of(model):
        assert same(clone / file.name, file), f"{clone / file.name} differs from {file}"
    shutil.rmtree(clone)


@contextlib.contextmanager
def bitx_store(root, link):
    """(its URL, its folder)"""
    if link is None:
        yield f"file://{root}/store", root / "store"
        return
    with webdav.nginx() as server:
        yield server.url, server.folder


def by_bitx(root, family, models, link):
    """model -> {push, clone, warm: Timed; stored: bytes}"""
    machine, log, rows = Machine(root).install(), root / "peak", {}
    wrapper = agents.metered(machine, "metered", log)
    machine.git(machine.home, "config", "--global", "lfs.customtransfer.bitx.path", wrapper)
    machine.git(machine.home, "config", "--global", "bitx.cacheSize", "0")
    near = ("-c", f"bitx.local={family / 'base'}")
    with bitx_store(root, link) as (url, folder):
        for name in models:
            init = ("--publish", "bench/base") if name == "base" else ("--base", "bench/base")
            path = repository_of(machine, name, family / name, init=(url, *init))
            before = stored_bytes(folder)
            row = rows[name] = {"push": Timed(machine, log, path, *near, "push", "-q", "origin", "main")}
            row["push"].of_agent(last(path, "push"))
            row["stored"] = stored_bytes(folder) - before
            shutil.rmtree(path)
            remote, clone = machine.root / f"{name}.git", machine.root / "clone"
            row["clone"] = Timed(machine, log, machine.root, "clone", "-q", remote, clone)
            row["clone"].of_agent(last(clone, "pull"))
            check(clone, family / name)
            if name != "base":
                row["warm"] = Timed(machine, log, machine.root, *near, "clone", "-q", remote, clone)
                row["warm"].of_agent(last(clone, "pull"))
                check(clone, family / name)
    return rows


@contextlib.contextmanager
def lfs_server(link):
    """The URL of an LFS server; none for a folder."""
    if link is None:
        yield None
        return
    with lfs.giftless() as (url, _):
        yield f"{url}/bench/models"


def by_git_lfs(root, family, models, link):
    machine, rows, log = Machine(root), {}, root / "peak"
    with lfs_server(link) as url:
        for name in models:
            remote = str(machine.bare(name)) if url else f"file://{machine.bare(name)}"
            path = repository_of(machine, name, family / name, remote)
            if url:
                machine.git(path, "config", "-f", ".lfsconfig", "lfs.url", url)
                machine.git(path, "config", "-f", ".lfsconfig", f"lfs.{url}.locksverify", "false")
                machine.git(path, "add", ".lfsconfig")
                machine.git(path, "commit", "-q", "-m", "server")
            row = rows[name] = {"push": Timed(machine, log, path, "push", "-q", "origin", "main")}
            shutil.rmtree(path)
            clone = machine.root / "clone"
            row["clone"] = Timed(machine, log, machine.root, "clone", "-q", remote, clone)
            check(clone, family / name)
            shutil.rmtree(machine.root / f"{name}.git")
    return rows


def measure(family, models, repeat, link):
    runs = {"bitx": [], "lfs": []}
    for _ in range(repeat):
        for way, run in (("bitx", by_bitx), ("lfs", by_git_lfs)):
            with tempfile.TemporaryDirectory(prefix="bitx-scale.", dir=family.parent) as scratch:
                runs[way].append(run(Path(scratch) / way, family, models, link))
    rows = []
    for name in models:
        size = sum(file.stat().st_size for file in files_of(family / name))
        row = {"family": family.name, "model": name, "size": size, "stored": runs["bitx"][0][name]["stored"] / size}
        for step in ("push", "clone", "warm"):
            ours = [run[name][step] for run in runs["bitx"] if step in run[name]]
            theirs = [run[name][step if step in run[name] else "clone"] for run in runs["lfs"]]
            if not ours:
                continue
            row[step] = statistics.median(t.wall for t in ours)
            row[f"{step}_lfs"] = statistics.median(t.wall for t in theirs)
            row[f"{step}_ratio"] = statistics.median(a.wall / b.wall for a, b in zip(ours, theirs))
            row[f"{step}_cpu"] = statistics.median(t.cpu for t in ours)
            row[f"{step}_cpu_lfs"] = statistics.median(t.cpu for t in theirs)
            row[f"{step}_busy"] = statistics.median(t.cpu / t.wall for t in ours) / os.cpu_count()
            row[f"{step}_agent"] = statistics.median(t.agent for t in ours)
            row[f"{step}_requests"] = max(t.requests for t in ours)
            row[f"{step}_peak"] = max(t.peak for t in ours)
        rows.append(row)
    return rows


def report(rows):
    head = ["model", "MB", "stored", "step", "s", "git-lfs s", "ratio", "CPU s", "git-lfs CPU s", "busy", "in agent", "requests", "peak MB"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        for step in ("push", "clone", "warm"):
            if step in row:
                cells = [f"{row['family']} {row['model']}", f"{row['size'] / MB:.0f}", f"{row['stored']:.1%}", step]
                cells += [f"{row[step]:.2f}", f"{row[f'{step}_lfs']:.2f}", f"{row[f'{step}_ratio']:.2f}"]
                cells += [f"{row[f'{step}_cpu']:.2f}", f"{row[f'{step}_cpu_lfs']:.2f}"]
                cells += [f"{row[f'{step}_busy']:.0%}", f"{row[f'{step}_agent']:.2f}"]
                cells += [str(row[f"{step}_requests"]), f"{row[f'{step}_peak'] / MB:.0f}"]
                print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="+", type=Path, metavar="FAMILY")
    parser.add_argument("--models", default="base,tuned,lora,ckpt,merge")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--link", choices=shaped.LINKS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.link:
        shaped.enter(options.link)
    rows = []
    for family in options.families:
        rows += measure(family.resolve(), options.models.split(","), options.repeat, options.link)
    report(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
