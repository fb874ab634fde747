"""Fixtures for tests that need servers."""

import contextlib

import pytest
from process import Missing


@pytest.fixture
def start():
    """Starts servers for one test; skips it where a server's program is not installed."""
    with contextlib.ExitStack() as servers:
        def enter(server, *arguments, **options):
            try:
                return servers.enter_context(server(*arguments, **options))
            except Missing as missing:
                pytest.skip(str(missing))

        yield enter
