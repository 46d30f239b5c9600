"""The pytest plug-in: a real ZooKeeper server, a fresh chroot a test, and whom the conformance suite is to try.

Fixtures run in the test's own thread. pytest finds the plug-in by itself where this library is installed; from a
checkout it is named: `-p succession.testing.plugin`.
"""

import importlib
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from succession.testing.servers import ZooKeeperServer, running_server
from succession.testing.zookeeper import NoZooKeeper

_OPTION = "--succession-member"
_chroots = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the factory of members."""
    help_text = "what makes a member of your service for the conformance suite: make(hosts: str, name: str) -> Member"
    parser.getgroup("succession").addoption(_OPTION, metavar="MODULE:MAKE", help=help_text)


@pytest.fixture(scope="session")
def succession_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZooKeeperServer]:
    """A real ZooKeeper server for the whole run, which a test may freeze, stop and start, if it is well at the end."""
    try:
        with running_server(tmp_path_factory.mktemp("succession")) as server:
            yield server
    except NoZooKeeper as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def succession_hosts(succession_server: ZooKeeperServer) -> str:
    """That server's `host:port`, with a chroot of the test's own."""
    return f"{succession_server.hosts}/test_{os.getpid()}_{next(_chroots)}"


@pytest.fixture(scope="session")
def succession_member(request: pytest.FixtureRequest) -> Callable[[str, str], Any]:
    """What `--succession-member` names."""
    named = request.config.getoption(_OPTION)
    module, colon, name = (named or "").partition(":")
    if not colon:
        pytest.fail(f"say what makes a member: {_OPTION} my_service.members:make", pytrace=False)
    try:
        make: Callable[[str, str], Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise pytest.fail.Exception(f"{_OPTION} {named} cannot be had: {error}", pytrace=False) from None
    return make
