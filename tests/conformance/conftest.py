import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from fixtures import start  # noqa: E402, F401 (a fixture)
