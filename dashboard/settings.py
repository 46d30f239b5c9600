"""The dashboard's settings (design §5)."""

from typing import Annotated

from msgspec import Meta

from serving.settings import CommonSettings, Port

_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"


class DashboardSettings(CommonSettings, frozen=True, kw_only=True):
    """What the dashboard reads from its environment."""

    dashboard_port: Port = 8080
    dashboard_allowed_hosts: Annotated[
        str,
        Meta(
            pattern=rf"\A(?:{_HOST}(?:,{_HOST})*)?\Z",
            description="host names without ports, separated by commas and nothing else",
        ),
    ] = ""
    dashboard_max_viewers: Annotated[int, Meta(ge=1, le=10000, description="a number of viewers from 1 to 10000")] = (
        1000
    )
    dashboard_start_hint: Annotated[
        str,
        Meta(max_length=300, description="at most 300 printable characters, with {name} where the node's name belongs"),
    ] = ""


def allowed_hosts(settings: DashboardSettings) -> frozenset[str]:
    """The host names that are served, in lower case."""
    named = settings.dashboard_allowed_hosts.lower().split(",")
    return frozenset({"localhost", "127.0.0.1", "[::1]", *named} - {""})
