"""A Docker engine, where one answers, and the cluster that the README's command brings up on it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.engine import Containers, NoEngine, look_for_engine, running_containers


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Skip where no engine answers; in CI there has to be one."""
    try:
        look_for_engine()
    except NoEngine as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs a Docker engine: {error}", pytrace=False)
        pytest.skip(f"no Docker engine with Compose answers here: {error}")


@pytest.fixture(scope="module")
def module_containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Four nodes that a module's tests share."""
    folder = tmp_path_factory.mktemp("compose")
    with running_containers(folder, f"succession-test-{os.getpid()}") as running:
        yield running


@pytest.fixture
def containers(module_containers: Containers) -> Iterator[Containers]:
    """The same, at rest; whatever the test has stopped runs again after it."""
    module_containers.wait_until_at_rest()
    yield module_containers
    module_containers.compose("start")
    module_containers.wait_until_at_rest(within_s=60)
