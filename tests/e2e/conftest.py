"""What the end-to-end tests share. They run the real git, git-lfs and git-bitx on real weights."""
import os
import sys
from pathlib import Path

import pytest
from sandbox import PROJECT, Machine

sys.path.insert(0, str(PROJECT / "tests" / "servers"))

from fixtures import start  # noqa: E402, F401 (a fixture)


def pytest_addoption(parser):
    parser.addoption("--big", action="store_true", help="run the tests that need gigabytes and minutes too")


def pytest_configure(config):
    config.addinivalue_line("markers", "big: needs gigabytes and minutes; run with --big")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--big"):
        for item in items:
            if "big" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="big: run with --big"))


@pytest.fixture(scope="session")
def weights():
    """Folder of real models: tests/data/models, or a larger one of the same names that BITX_DATA names."""
    return Path(os.environ.get("BITX_DATA", PROJECT / "tests" / "data" / "models"))


@pytest.fixture
def bare_machine(tmp_path):
    """A machine on which git-bitx is on PATH, and `git bitx install` has not been run."""
    return Machine(tmp_path / "machine")


@pytest.fixture
def machine(bare_machine):
    return bare_machine.install()


@pytest.fixture
def store(tmp_path):
    """Where a store is to be: `init` creates it."""
    return tmp_path / "store"
