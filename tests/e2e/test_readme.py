"""Every command of the README runs as it is printed."""
import re

import pytest
from sandbox import PROJECT, Machine

README = (PROJECT / "README.md").read_text()

# A fenced block of commands is run whole when `<!-- test: NAME -->` stands above it; blocks of one NAME run one after
# the other in one shell, in a folder that holds base.safetensors and tuned.safetensors.
BLOCKS = re.findall(r"<!-- test: ([\w-]+) -->\n+```sh\n(.*?)```", README, re.S)
NAMES = sorted({name for name, _ in BLOCKS})


def test_every_block_of_commands_is_run():
    fenced = re.findall(r"```sh\n(.*?)```", README, re.S)
    marked = [block for _, block in BLOCKS]
    unmarked = [block for block in fenced if block not in marked and "./quickstart" not in block]
    assert not unmarked, "these blocks are not run by a test: " + "\n".join(unmarked)
    assert len(NAMES) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_commands_of(name, weights, tmp_path):
    machine = Machine(tmp_path / "machine")
    for model in ("base", "tuned"):
        source = weights / "minilm-f16" / f"{model}.safetensors"
        (machine.root / source.name).write_bytes(source.read_bytes())
    script = "\n".join(block for block_name, block in BLOCKS if block_name == name)
    # The README's paths are a server's; here they lie in the scratch folder.
    script = script.replace("/srv/", f"{machine.root}/srv/")
    (machine.root / "srv").mkdir()
    done = machine.run(machine.root, "bash", "-ex", "-c", script)
    checks = re.findall(r"#=> (.*)", script)
    for expected in checks:
        assert expected in done.stdout + done.stderr
