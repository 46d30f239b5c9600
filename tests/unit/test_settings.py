"""Settings: what is valid, and the one line for what is not (design §5)."""

import pytest

from cluster_node.settings import NodeSettings
from dashboard.settings import DashboardSettings, allowed_hosts
from serving.settings import BadSetting, CommonSettings, read_settings, settings_or_exit

GOOD = [
    ("ZOOKEEPER_HOSTS", "zookeeper:2181"),
    ("ZOOKEEPER_HOSTS", "a:2181,b-2.example.org:65535,[::1]:1/root/of_ours"),
    ("SESSION_TIMEOUT_S", "0.1"),
    ("SESSION_TIMEOUT_S", "3600"),
    ("ZOOKEEPER_AUTH", "user:pass:word"),
    ("BIND_HOST", "0.0.0.0"),
    ("BIND_HOST", "::"),
    ("LOG_LEVEL", "DEBUG"),
    ("DASHBOARD_PORT", "65535"),
    ("DASHBOARD_ALLOWED_HOSTS", "example.org,dash,[::2]"),
    ("DASHBOARD_MAX_VIEWERS", "10000"),
    ("DASHBOARD_START_HINT", "docker compose start {name}"),
]
BAD = [
    ("ZOOKEEPER_HOSTS", "zookeeper"),
    ("ZOOKEEPER_HOSTS", "zookeeper:0"),
    ("ZOOKEEPER_HOSTS", "zookeeper:65536"),
    ("ZOOKEEPER_HOSTS", "a:2181, b:2181"),
    ("ZOOKEEPER_HOSTS", "a:2181,"),
    ("ZOOKEEPER_HOSTS", "a:2181/"),
    ("ZOOKEEPER_HOSTS", "a:2181/x/../y"),
    ("SESSION_TIMEOUT_S", "off"),
    ("SESSION_TIMEOUT_S", "inf"),
    ("SESSION_TIMEOUT_S", "-inf"),
    ("SESSION_TIMEOUT_S", "nan"),
    ("SESSION_TIMEOUT_S", "1e999"),
    ("SESSION_TIMEOUT_S", "0.09"),
    ("SESSION_TIMEOUT_S", "3600.1"),
    ("SESSION_TIMEOUT_S", "2 s"),
    ("SESSION_TIMEOUT_S", "1\n2"),
    ("BIND_HOST", "not an address"),
    ("BIND_HOST", "127.0.0.1/8"),
    ("LOG_LEVEL", "info"),
    ("LOG_LEVEL", "TRACE"),
    ("DASHBOARD_PORT", "0"),
    ("DASHBOARD_PORT", "65536"),
    ("DASHBOARD_PORT", "http"),
    ("DASHBOARD_PORT", "80.5"),
    ("DASHBOARD_MAX_VIEWERS", "0"),
    ("DASHBOARD_MAX_VIEWERS", "10001"),
    ("DASHBOARD_ALLOWED_HOSTS", "example.org:8080"),
    ("DASHBOARD_ALLOWED_HOSTS", "a, b"),
    ("DASHBOARD_ALLOWED_HOSTS", "*"),
    ("DASHBOARD_START_HINT", "x" * 301),
    ("DASHBOARD_START_HINT", "two\nlines"),
    ("DASHBOARD_START_HINT", "\udcff"),
]


def test_without_any_variable_the_defaults_of_the_design_hold() -> None:
    settings = read_settings(DashboardSettings, {})
    assert settings == DashboardSettings(
        zookeeper_hosts="127.0.0.1:2181",
        session_timeout_s=2.0,
        zookeeper_auth="",
        bind_host="127.0.0.1",
        log_level="INFO",
        dashboard_port=8080,
        dashboard_allowed_hosts="",
        dashboard_max_viewers=1000,
        dashboard_start_hint="",
    )


@pytest.mark.parametrize(("variable", "value"), GOOD)
def test_a_valid_value_is_taken(variable: str, value: str) -> None:
    taken = getattr(read_settings(DashboardSettings, {variable: value}), variable.lower())
    assert str(taken).removesuffix(".0") == value.removesuffix(".0")


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_a_bad_value_is_one_line_with_its_variable_its_value_and_what_is_allowed(variable: str, value: str) -> None:
    with pytest.raises(BadSetting) as bad:
        read_settings(DashboardSettings, {variable: value})
    line = str(bad.value)
    assert line.startswith(f"{variable} is set to '")
    assert "; allowed is " in line
    assert line.isprintable()
    assert value[:100] in line or not value.isprintable()


@pytest.mark.parametrize(
    "variable", ["ZOOKEEPER_HOSTS", "SESSION_TIMEOUT_S", "BIND_HOST", "LOG_LEVEL", "DASHBOARD_PORT"]
)
def test_set_but_empty_is_bad_where_the_default_is_not_empty(variable: str) -> None:
    with pytest.raises(BadSetting, match=rf"^{variable} is set to ''; allowed is "):
        read_settings(DashboardSettings, {variable: ""})


def test_both_programs_warn_of_an_open_zookeeper_in_the_same_words() -> None:
    open_to_all = [read_settings(kind, {}).warning for kind in (NodeSettings, DashboardSettings)]
    assert open_to_all[0] is not None
    assert open_to_all[0].endswith("and order nodes about.")
    assert open_to_all[0] == open_to_all[1]
    assert read_settings(CommonSettings, {"ZOOKEEPER_AUTH": "user:password"}).warning is None


@pytest.mark.parametrize("variable", ["ZOOKEEPER_AUTH", "DASHBOARD_ALLOWED_HOSTS", "DASHBOARD_START_HINT"])
def test_set_but_empty_is_the_default_where_that_is_empty(variable: str) -> None:
    assert read_settings(DashboardSettings, {variable: ""}) == DashboardSettings()


@pytest.mark.parametrize("secret", ["hunter2", ":hunter2", "user:\thunter2"])
def test_a_bad_password_is_never_shown(secret: str) -> None:
    with pytest.raises(BadSetting) as bad:
        read_settings(CommonSettings, {"ZOOKEEPER_AUTH": secret})
    assert "hunter2" not in f"{bad.value!r} {bad.value} {bad.value.__cause__!r}"
    assert "user:password" in str(bad.value)


def test_a_long_value_is_shortened_in_its_line() -> None:
    with pytest.raises(BadSetting) as bad:
        read_settings(CommonSettings, {"LOG_LEVEL": "x" * 100_000})
    assert len(str(bad.value)) < 300


def test_a_bad_setting_ends_the_program_with_status_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DASHBOARD_PORT", "off")
    with pytest.raises(SystemExit) as ended:
        settings_or_exit(DashboardSettings)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "DASHBOARD_PORT is set to 'off'; allowed is a port from 1 to 65535.\n"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        DashboardSettings().bind_host = "0.0.0.0"  # type: ignore[misc]


def test_the_hosts_that_are_served_are_lower_case_and_always_the_local_ones() -> None:
    settings = read_settings(DashboardSettings, {"DASHBOARD_ALLOWED_HOSTS": "Dash.Example.ORG"})
    assert allowed_hosts(settings) == {"localhost", "127.0.0.1", "[::1]", "dash.example.org"}


def test_a_job_interval_of_zero_is_taken_and_nan_is_not() -> None:
    assert read_settings(NodeSettings, {"JOB_INTERVAL_S": "0"}).job_interval_s == 0
    with pytest.raises(BadSetting):
        read_settings(NodeSettings, {"JOB_INTERVAL_S": "nan"})
