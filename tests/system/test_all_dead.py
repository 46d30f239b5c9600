"""When every node is dead there is no leader to tell who is gone: the dashboard tells it from the registries."""

from pathlib import Path

from succession.testing.waiting import eventually
from tests.support.playgrounds import running_playground


def test_when_all_nodes_are_dead_each_is_shown_as_departed_until_it_is_started_again(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=3) as playground:
        playground.wait_until_at_rest()
        for name in playground.names:
            playground.do("kill", name)

        eventually(lambda: playground.line() == [])
        view = playground.view()
        assert ("electing", None) == (view["state"], view["cluster"]["leader"])
        assert playground.names == sorted(gone["name"] for gone in view["departed"])
        told = [event["name"] for event in view["events"] if event["kind"] == "gone"]
        assert playground.names == sorted(told), "each once"

        playground.do("start", "node2")
        eventually(lambda: playground.line() == ["node2"])
        assert ["node1", "node3"] == sorted(gone["name"] for gone in playground.view()["departed"])
        for name in ("node1", "node3"):
            playground.do("start", name)
        assert "node2" == playground.wait_until_at_rest()
        assert [] == playground.view()["departed"]
