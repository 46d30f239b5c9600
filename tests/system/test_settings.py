"""Settings that are not valid, and ports taken: exit statuses and the one line (design §5)."""

import socket

import pytest

from tests.support.programs import end_of

BAD = [
    ("cluster_node", "ZOOKEEPER_HOSTS", "here"),
    ("cluster_node", "SESSION_TIMEOUT_S", "nan"),
    ("cluster_node", "SESSION_TIMEOUT_S", "1e999"),
    ("cluster_node", "SESSION_TIMEOUT_S", ""),
    ("cluster_node", "NODE_NAME", "two\nlines"),
    ("cluster_node", "NODE_PORT", "65536"),
    ("cluster_node", "JOB_INTERVAL_S", "-1"),
    ("cluster_node", "LOG_LEVEL", "loud"),
    ("cluster_node", "CRASH_SUPERVISOR", "maybe"),
    ("dashboard", "ZOOKEEPER_HOSTS", "host:0"),
    ("dashboard", "DASHBOARD_PORT", "http"),
    ("dashboard", "DASHBOARD_MAX_VIEWERS", "0"),
    ("dashboard", "DASHBOARD_ALLOWED_HOSTS", "a b"),
    ("dashboard", "BIND_HOST", ""),
]


@pytest.mark.parametrize(("module", "variable", "value"), BAD)
def test_a_bad_setting_ends_the_program_with_2_and_one_line(module: str, variable: str, value: str) -> None:
    done = end_of(module, {variable: value})
    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == len(done.stderr.splitlines())
    assert variable in done.stderr
    assert value.partition("\n")[0] in done.stderr


def test_a_password_is_not_repeated() -> None:
    done = end_of("cluster_node", {"ZOOKEEPER_AUTH": "secret-without-a-colon"})
    assert 2 == done.returncode
    assert "ZOOKEEPER_AUTH" in done.stderr
    assert "secret-without-a-colon" not in done.stderr


@pytest.mark.parametrize(("module", "variable"), [("cluster_node", "NODE_PORT"), ("dashboard", "DASHBOARD_PORT")])
def test_a_port_taken_ends_the_program_with_1_and_is_named(module: str, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = end_of(module, {variable: port})
    assert 1 == done.returncode
    assert port in done.stderr
    assert 1 == len(done.stderr.splitlines())
