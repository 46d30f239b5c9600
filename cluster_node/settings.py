"""What a node reads from its environment, besides what both programs do."""

import socket
from typing import Annotated, Literal

from msgspec import Meta

from serving.settings import CommonSettings, Port

WILDCARDS = ("0.0.0.0", "::")


class NodeSettings(CommonSettings, frozen=True, kw_only=True):
    """A node's settings; who it is and where it is reached follow from the machine where they are not given."""

    node_name: Annotated[str, Meta(min_length=1, max_length=63, description="1 to 63 printable characters")] = (
        socket.gethostname()[:63]
    )
    node_port: Port = 8081
    node_host: Annotated[
        str,
        Meta(
            pattern=r"\A(?:[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?|)\Z",
            description="the host name or address that others are told",
        ),
    ] = ""
    crash_supervisor: Annotated[Literal["on", "off"], Meta(description="on or off")] = "on"
    job_interval_s: Annotated[float, Meta(ge=0, le=3600, description="a number of seconds from 0 to 3600")] = 1.0

    @property
    def address(self) -> str:
        """Where others reach this node: `http://host:port`."""
        host = self.node_host or (socket.gethostname() if self.bind_host in WILDCARDS else self.bind_host)
        return f"http://[{host.strip('[]')}]:{self.node_port}" if ":" in host else f"http://{host}:{self.node_port}"
