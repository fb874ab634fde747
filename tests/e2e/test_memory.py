"""No file is held in memory as a whole."""
import os

import agents
import models
import pytest
from sandbox import recipe_of, same, stored

MiB = 1 << 20
PROGRAM = 64 * MiB  # the program itself, its libraries, its buffers for git and the store


@pytest.mark.parametrize(
    "memory, size", [(64, 512), pytest.param(1024, 8192, marks=pytest.mark.big)], ids=["512MiB", "8GiB"]
)
@pytest.mark.parametrize("kind", ["one-tensor", "opaque"])
def test_peak_memory_of_push_and_pull_stays_under_the_setting(machine, store, tmp_path, kind, memory, size):
    file = tmp_path / "large"
    if kind == "one-tensor":
        models.write(file, {"small": ("U8", [4], b"abcd")})
        header = {"w": {"dtype": "BF16", "shape": [size * MiB // 2048, 1024], "data_offsets": [0, size * MiB]}}
        models.write_raw(file, header, b"")
    with open(file, "ab") as out:
        for _ in range(size):
            out.write(os.urandom(MiB))
    machine.git(machine.home, "config", "--global", "bitx.memory", f"{memory}m")
    log = tmp_path / "peak"
    wrapper = agents.metered(machine, "metered", log)
    machine.git(machine.home, "config", "--global", "lfs.customtransfer.bitx.path", wrapper)

    machine.model("large", store, file)
    clone = machine.clone(machine.root / "large.git", "clone")

    assert recipe_of(file) in stored(store)
    assert same(clone / "model.safetensors", file)
    peaks = [int(line) * 1024 for line in log.read_text().split()]
    assert len(peaks) >= 2
    assert max(peaks) < memory * MiB + PROGRAM, [p // MiB for p in peaks]
