"""`git bitx compress` and `decompress`: a file comes back byte for byte, or nothing does."""
import json
import os
import shutil
import signal
import subprocess
import time

import agents
import models
import pytest
from sandbox import PROJECT, same

PAIRS = [
    ("minilm-bf16", "base", "tuned"),
    ("minilm-bf16", "tuned-step200", "tuned"),
    ("minilm-f16", "base", "tuned"),
    ("rxnfp-f32", "base", "tuned"),
]
GOLDEN = PROJECT / "tests/data/golden/container"
MiB = 1 << 20


@pytest.fixture
def place(bare_machine):
    """A folder in which compress and decompress run; what a command leaves in it is looked at."""
    folder = bare_machine.root / "place"
    folder.mkdir()

    def bitx(*args, **options):
        return bare_machine.git(folder, "bitx", *args, **options)

    bitx.folder, bitx.machine = folder, bare_machine
    return bitx


def names(place):
    return sorted(path.name for path in place.folder.iterdir())


@pytest.mark.parametrize("family, base, tuned", PAIRS, ids=[f"{f}-{b}-{t}" for f, b, t in PAIRS])
def test_real_pairs_come_back(place, weights, family, base, tuned):
    base, tuned = (weights / family / f"{name}.safetensors" for name in (base, tuned))
    shutil.copy(tuned, place.folder / "model.safetensors")
    report = json.loads(place("compress", "--base", base, "model.safetensors", "--json", "--explain").stdout)
    assert names(place) == ["model.safetensors", "model.safetensors.bitx"]
    size = (place.folder / "model.safetensors.bitx").stat().st_size
    assert report["stored"] == size and report["raw"] == tuned.stat().st_size
    assert size < {"rxnfp-f32": 0.75, "minilm-f16": 0.4}.get(family, 0.3) * report["raw"]
    assert sum(use["stored"] for use in report["methods"].values()) + report["overhead"] == size
    assert {tensor["name"] for tensor in report["tensors"]} == set(models.read(tuned))
    assert sum(tensor["stored"] for tensor in report["tensors"]) <= size
    assert {"ulp"} <= set(report["methods"])

    alone = json.loads(place("compress", "model.safetensors", "-o", "alone", "--json").stdout)
    assert size < alone["stored"] < 0.9 * alone["raw"] and "exponent" in alone["methods"]

    (place.folder / "model.safetensors").unlink()
    shutil.copy(base, place.folder / "elsewhere")  # a base is known by what it holds
    told = json.loads(place("decompress", "--base", "elsewhere", "model.safetensors.bitx", "--json").stdout)
    assert told["raw"] == tuned.stat().st_size and told["stored"] == size and told["bytes_per_second"] > 0
    assert same(place.folder / "model.safetensors", tuned)
    place("decompress", "alone", "-o", "back")
    assert same(place.folder / "back", tuned)


def test_any_file_comes_back(place, weights):
    tuned = (weights / "minilm-f16" / "tuned.safetensors").read_bytes()
    for name, content in {
        "empty": b"",
        "text": (PROJECT / "README.md").read_bytes(),
        "malformed": tuned[:-1],
        "noise": os.urandom(3 * MiB),
    }.items():
        (place.folder / name).write_bytes(content)
        place("compress", name)
        assert (place.folder / f"{name}.bitx").stat().st_size < len(content) + 1000
        place("decompress", f"{name}.bitx", "-o", "back", "--force")
        assert (place.folder / "back").read_bytes() == content


def test_the_base_itself_costs_nothing(place, weights):
    base = weights / "minilm-bf16" / "base.safetensors"
    report = json.loads(place("compress", "--base", base, base, "-o", "out", "--json").stdout)
    assert report["stored"] < 2000 and report["in_base"] > 0.99 * report["raw"] and not report["methods"]
    place("decompress", "--base", base, "out", "-o", "back")
    assert same(place.folder / "back", base)


def test_golden_containers_are_read(place):
    for name in ("solo", "delta"):
        place("decompress", "--base", GOLDEN / "plain-base", GOLDEN / f"good-{name}", "-o", name)
    assert same(place.folder / "solo", GOLDEN / "plain-base")
    assert same(place.folder / "delta", GOLDEN / "plain-tuned")
    for bad in (GOLDEN / "errors.txt").read_text().splitlines():
        name, kind, message = bad.split("\t")
        told = place("decompress", GOLDEN / name, "-o", "out", fails=True).stderr
        assert message in told and ("update git-bitx" in told) == (kind == "unsupported"), told
    assert "cut off" in place("decompress", GOLDEN / "good-empty", "-o", "out", fails=True).stderr
    assert names(place) == ["delta", "solo"]


def test_another_base_is_refused(place, weights):
    family = weights / "minilm-bf16"
    place("compress", "--base", family / "base.safetensors", family / "tuned.safetensors", "-o", "out.bitx")
    told = place("decompress", "out.bitx", fails=True).stderr
    assert "was compressed against a base" in told and "--base" in told
    for wrong in (family / "tuned-step200.safetensors", weights / "rxnfp-f32" / "base.safetensors"):
        told = place("decompress", "--base", wrong, "out.bitx", fails=True).stderr
        assert f"{wrong} is not the base that out.bitx was compressed against" in told
    told = place("decompress", "--base", PROJECT / "README.md", "out.bitx", fails=True).stderr
    assert "cannot be a base" in told
    told = place("compress", "--base", PROJECT / "README.md", family / "tuned.safetensors", "-o", "x", fails=True).stderr
    assert "cannot be a base" in told
    assert names(place) == ["out.bitx"]


def test_damage_is_named_and_nothing_is_written(place, weights):
    base = weights / "minilm-f16" / "base.safetensors"
    place("compress", "--base", base, weights / "minilm-f16" / "tuned.safetensors", "-o", "good")
    good = (place.folder / "good").read_bytes()
    for at in [*range(0, 200, 7), *range(200, len(good), len(good) // 40), len(good) - 1]:
        (place.folder / "bad").write_bytes(good[:at] + bytes([good[at] ^ 16]) + good[at + 1 :])
        told = place("decompress", "--base", base, "bad", "-o", "out", fails=True).stderr
        assert told.startswith("git-bitx: ") and "bad" in told and told.count("\n") == 1, (at, told)
    for size in (0, 11, 12, 100, len(good) // 2, len(good) - 1):
        (place.folder / "bad").write_bytes(good[:size])
        told = place("decompress", "--base", base, "bad", "-o", "out", fails=True).stderr
        assert "not a container" in told or "cut off" in told, (size, told)
    assert names(place) == ["bad", "good"]


def test_outputs(place, weights):
    shutil.copy(weights / "minilm-f16" / "base.safetensors", place.folder / "m")
    (place.folder / "m.bitx").write_text("mine")
    assert "m.bitx exists; --force" in place("compress", "m", fails=True).stderr
    assert (place.folder / "m.bitx").read_text() == "mine"
    place("compress", "--force", "m")
    assert "m exists; --force" in place("decompress", "m.bitx", fails=True).stderr
    place("decompress", "--force", "m.bitx")
    assert same(place.folder / "m", weights / "minilm-f16" / "base.safetensors")
    assert "name the output" in place("decompress", "m", fails=True).stderr
    assert "no folder" in place("compress", "m", "-o", "no/where", fails=True).stderr
    assert "cannot open absent" in place("compress", "absent", fails=True).stderr
    assert names(place) == ["m", "m.bitx"]
    assert (place.folder / "m.bitx").stat().st_mode & 0o777 == 0o644


@pytest.fixture
def large(place, weights):
    """`base` and `tuned`, each of one tensor of 384 MiB: real numbers, over and over."""
    base = models.read(weights / "minilm-bf16" / "base.safetensors")
    size = 384 * MiB
    header = {"w": {"dtype": "BF16", "shape": [size // 2048, 1024], "data_offsets": [0, size]}}
    for name, tensors in (("base", base), ("tuned", models.moved(base, 1e-4))):
        part = b"".join(data for dtype, _, data in tensors.values() if dtype == "BF16")
        models.write_raw(place.folder / name, header, b"")
        with open(place.folder / name, "ab") as out:
            for at in range(0, size, len(part)):
                out.write(part[: size - at])
    place.machine.git(place.folder, "config", "--global", "bitx.memory", "256m")
    return place.folder


def test_memory_is_bounded(place, large):
    log = place.machine.root / "peak"
    metered = agents.metered(place.machine, "metered", log)
    place.machine.run(large, metered, "compress", "--base", "base", "tuned")
    place.machine.run(large, metered, "decompress", "--base", "base", "tuned.bitx", "-o", "back")
    assert same(large / "back", large / "tuned")
    peaks = [int(line) // 1024 for line in log.read_text().split()]
    assert len(peaks) == 2 and max(peaks) < 256 + 64, peaks


def test_interrupted_it_leaves_nothing(place, large):
    command = [place.machine.bin / "git-bitx", "compress", "--base", "base", "tuned"]
    process = subprocess.Popen(command, cwd=large, env=place.machine.env, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size > 2 * MiB for path in large.glob(".tuned.bitx-*")):
        spooled = sum(path.stat().st_size for path in large.glob("spool-*"))
        if spooled > 2 * MiB:
            break
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.01)
    process.terminate()
    process.wait(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, process.stderr.read()
    assert names(place) == ["base", "tuned"]
