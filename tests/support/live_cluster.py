"""A running cluster as its users see it: by its dashboard's view and its nodes' answers.

Runs in the test's own thread.
"""

import contextlib
import json
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from succession.testing.waiting import eventually, scaled


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 5.0,
) -> Answer:
    """One request. Raises OSError when nothing answers within `timeout_s` seconds times TIME_SCALE."""
    request = urllib.request.Request(url, method=method, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=scaled(timeout_s)) as response:
            return Answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())


class LiveCluster(ABC):
    """Nodes and a dashboard, however they are run."""

    @property
    @abstractmethod
    def dashboard(self) -> str:
        """The page's address."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Who takes part."""

    @abstractmethod
    def address(self, name: str) -> str:
        """A node's address, as this machine reaches it."""

    def view(self) -> Any:
        """What the dashboard shows at the moment."""
        return ask(f"{self.dashboard}/api/view").json()

    def leaders(self) -> list[str]:
        """The names of the nodes that say that they lead."""
        return [name for name in self.names if self.says_it_leads(name)]

    def says_it_leads(self, name: str) -> bool:
        with contextlib.suppress(OSError):
            return bool(ask(f"{self.address(name)}/leader", timeout_s=2).json().get("isLeader"))
        return False

    def line(self) -> list[str]:
        """The members' names in order of succession, as the dashboard shows them."""
        cluster = self.view()["cluster"]
        return [] if cluster is None else [member["name"] for member in cluster["members"]]

    def wait_until_at_rest(self, within_s: float = 30.0) -> str:
        """Until one node leads, all are in line and in sync, and the page knows; returns the leader's name."""

        def leader() -> str | None:
            view = self.view()
            members = view["cluster"]["members"] if view["cluster"] else []
            at_rest = (
                view["state"] == "live"
                and sorted(member["name"] for member in members) == self.names
                and all(member["in_sync"] for member in members)
                and self.leaders() == [members[0]["name"]]
            )
            return str(members[0]["name"]) if at_rest else None

        name = eventually(leader, within_s)
        assert name is not None
        return name
