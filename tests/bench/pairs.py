"""The pairs of a folder of families: each holds base.safetensors and its fine-tunes."""


def pairs_of(data):
    """(name, base, tuned) of every family: each file against base, and a later checkpoint against an earlier one."""
    for folder in sorted(p for p in data.iterdir() if (p / "base.safetensors").is_file()):
        files = {p.stem: p for p in sorted(folder.glob("*.safetensors"))}
        for name, path in files.items():
            if name != "base":
                yield f"{folder.name} base -> {name}", files["base"], path
        if "tuned-step200" in files and "tuned" in files:
            yield f"{folder.name} tuned-step200 -> tuned", files["tuned-step200"], files["tuned"]
