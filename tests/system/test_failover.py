"""Who leads, and what happens when a member dies: through the programs' own addresses (issue 2, design §4)."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import ask
from tests.support.playgrounds import Playground, running_playground

SESSION_TIMEOUT_S = 1.0  # what tests/support/playgrounds.py starts them with
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def zookeeper_eye(module_playground: Playground) -> Iterator[KazooClient]:
    """A client of the test's own, which only looks."""
    client = KazooClient(hosts=module_playground.zookeeper_hosts)
    client.start(timeout=10)
    yield client
    client.stop()
    client.close()


def znode_of(playground: Playground, name: str) -> str:
    members = playground.view()["cluster"]["members"]
    return next(str(member["znode"]) for member in members if member["name"] == name)


def texts(playground: Playground) -> list[str]:
    return [str(event["text"]) for event in playground.view()["events"]]


def order_kill(playground: Playground, znode: str) -> int:
    return ask(f"{playground.dashboard}/api/nodes/{znode}/kill", "POST", SAME_ORIGIN, timeout_s=5).status


def test_exactly_one_node_says_that_it_leads_and_all_name_it(module_playground: Playground) -> None:
    leader = module_playground.wait_until_at_rest()
    answers = {name: ask(f"{module_playground.address(name)}/leader").json() for name in module_playground.names}

    assert [leader] == [name for name, answer in answers.items() if answer["isLeader"] is True]
    assert {leader} == {answer["leader"] for answer in answers.values()}
    assert 1 == len({answer["fencing_token"] for answer in answers.values()})


def test_cluster_is_answered_by_the_leader_and_421_with_its_address_by_others(module_playground: Playground) -> None:
    leader = module_playground.wait_until_at_rest()
    for name in module_playground.names:
        answer = ask(f"{module_playground.address(name)}/cluster")
        if name == leader:
            assert 200 == answer.status
            assert sorted(member["name"] for member in answer.json()["members"]) == module_playground.names
        else:
            assert 421 == answer.status
            assert module_playground.address(leader) == answer.json()["leader"]
            assert answer.json()["error"]


def test_killed_leader_is_followed_by_the_next_in_line_within_its_session_timeout_and_a_second(
    module_playground: Playground,
) -> None:
    leader = module_playground.wait_until_at_rest()
    successor = module_playground.line()[1]
    assert 202 == order_kill(module_playground, znode_of(module_playground, leader))
    ordered = time.monotonic()

    def is_followed() -> bool:
        view = module_playground.view()
        members = view["cluster"]["members"]
        return view["state"] == "live" and [successor] == [one["name"] for one in members if one["role"] == "leader"]

    eventually(is_followed, within_s=SESSION_TIMEOUT_S + 1)
    assert time.monotonic() - ordered < scaled(SESSION_TIMEOUT_S + 1)
    assert [successor] == module_playground.leaders()
    eventually(lambda: f"{leader:<12}exited (137)" in module_playground.word("status").stdout)

    view = module_playground.view()
    assert leader in [one["name"] for one in view["departed"]]
    assert "leader_elected" in [event["kind"] for event in view["events"]]

    module_playground.do("start", leader)
    eventually(lambda: module_playground.line()[-1] == leader)
    module_playground.wait_until_at_rest()


def test_killed_worker_leaves_the_leader_and_moves_only_the_watch_of_the_one_behind_it(
    module_playground: Playground,
) -> None:
    leader = module_playground.wait_until_at_rest()
    before = module_playground.view()["cluster"]
    first, killed, behind, last = (member["znode"] for member in before["members"])
    name = before["members"][1]["name"]
    assert 202 == order_kill(module_playground, killed)
    eventually(lambda: module_playground.line() == [one["name"] for one in before["members"] if one["name"] != name])

    def watches() -> dict[str, str | None]:
        return {one["znode"]: one["watching"] for one in module_playground.view()["cluster"]["members"]}

    eventually(lambda: watches() == {first: None, behind: first, last: behind})
    after = module_playground.view()["cluster"]
    assert [leader] == module_playground.leaders()
    assert (before["fencing_token"], before["term"]) == (after["fencing_token"], after["term"])

    module_playground.do("start", name)
    module_playground.wait_until_at_rest()


def test_what_happened_is_told_by_zookeepers_own_transactions_and_in_their_order(
    module_playground: Playground, zookeeper_eye: KazooClient
) -> None:
    leader = module_playground.wait_until_at_rest()
    successor, killed, behind = module_playground.line()[1:]
    known = module_playground.view()["events"]
    last_id = known[-1]["id"] if known else 0

    def events(*kinds: str) -> list[tuple[str, str, int | None]]:
        new = [event for event in module_playground.view()["events"] if event["id"] > last_id]
        assert [event["id"] for event in new] == list(range(last_id + 1, last_id + 1 + len(new)))
        return [(event["kind"], event["name"], event["zxid"]) for event in new if event["kind"] in kinds]

    assert 202 == order_kill(module_playground, znode_of(module_playground, leader))
    eventually(lambda: module_playground.line() == [successor, killed, behind], within_s=SESSION_TIMEOUT_S + 2)
    leader_gone = zookeeper_eye.get("/election")[1].pzxid
    fencing_token = zookeeper_eye.get("/election_leader")[1].czxid

    assert 202 == order_kill(module_playground, znode_of(module_playground, killed))
    eventually(lambda: "watch_moved" in [kind for kind, _, _ in events("watch_moved")])
    worker_gone = zookeeper_eye.get("/election")[1].pzxid
    registry = "/workers_service_registry"
    (entry,) = (zookeeper_eye.get(f"{registry}/{name}") for name in zookeeper_eye.get_children(registry))
    told = events("leader_lost", "gone", "leader_elected", "watch_moved")
    assert [
        ("gone", leader, leader_gone),
        ("leader_elected", successor, fencing_token),
        ("gone", killed, worker_gone),
        ("watch_moved", behind, entry[1].mzxid),
    ] == told[1:]
    assert leader_gone < fencing_token < worker_gone < entry[1].mzxid
    # The dashboard may see the successor's entry as soon as it sees that the former one is gone.
    assert told[0] in [("leader_lost", leader, leader_gone), ("leader_lost", leader, None)]

    for name in (leader, killed):
        module_playground.do("start", name)
    module_playground.wait_until_at_rest()
    made = [zookeeper_eye.get(f"/election/{name}")[1].czxid for name in zookeeper_eye.get_children("/election")]
    assert sorted(made)[-2:] == [zxid for _, _, zxid in events("joined")]


def test_the_znodes_as_they_are_are_those_of_the_picture(
    module_playground: Playground, zookeeper_eye: KazooClient
) -> None:
    module_playground.wait_until_at_rest()
    cluster = module_playground.view()["cluster"]
    answer = ask(f"{module_playground.dashboard}/api/znodes")
    tree = answer.json()
    found = {one["path"]: one for one in tree["znodes"]}
    line = [f"/election/{member['znode']}" for member in cluster["members"]]
    assert line == [path for path in found if path.startswith("/election/")]
    assert [member["czxid"] for member in cluster["members"]] == [found[path]["czxid"] for path in line]
    assert cluster["leader"] == found["/election_leader"]["data"]["znode"]
    assert cluster["fencing_token"] == found["/election_leader"]["czxid"] == found["/election_term"]["mzxid"]
    entries = {one["data"]["znode"]: one for path, one in found.items() if "_service_registry/" in path}
    assert [member["entry_zxid"] for member in cluster["members"]] == [
        entries[member["znode"]]["mzxid"] for member in cluster["members"]
    ]
    assert tree["zxid"] >= cluster["revision"]
    for path in found:
        assert (path, zookeeper_eye.get(path)[1].mzxid) == (path, found[path]["mzxid"])
        if "_service_registry/" in path:
            token = json.loads(zookeeper_eye.get(path)[0])["control_token"]
            assert token.encode() not in answer.body


def test_node_started_again_within_its_old_session_joins_behind_and_is_in_line_once_in_the_end(
    tmp_path: Path,
) -> None:
    with running_playground(tmp_path / "playground", nodes=3, SESSION_TIMEOUT_S="4") as playground:
        leader = playground.wait_until_at_rest()
        old = znode_of(playground, leader)
        playground.do("kill", leader)
        playground.do("start", leader)
        eventually(lambda: ask(f"{playground.address(leader)}/ready").status == 200, within_s=3)
        status = ask(f"{playground.address(leader)}/status").json()
        assert (False, True) == (status["is_leader"], status["znode"] > old)

        successor = playground.wait_until_at_rest()
        assert successor != leader
        assert leader == playground.line()[-1]


def test_node_that_is_told_to_stop_takes_its_znodes_along_at_once(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=2, SESSION_TIMEOUT_S="12") as playground:
        leader = playground.wait_until_at_rest()
        znode = znode_of(playground, leader)
        client = KazooClient(hosts=playground.zookeeper_hosts)
        client.start(timeout=10)
        try:
            playground.do("stop", leader)
            assert znode not in client.get_children("/election")
            eventually(lambda: f"{leader} is gone; it closed its session itself." in texts(playground))
            assert [] == [
                entry
                for registry in ("/coordinators_service_registry", "/workers_service_registry")
                for entry in client.get_children(registry)
                if json.loads(client.get(f"{registry}/{entry}")[0])["member"]["name"] == leader
            ]
        finally:
            client.stop()
            client.close()
        eventually(lambda: playground.leaders() not in ([], [leader]), within_s=3)


def test_order_to_a_node_needs_its_own_token(module_playground: Playground) -> None:
    url = f"{module_playground.address('node1')}/kill"
    assert 401 == ask(url, "POST").status
    assert 401 == ask(url, "POST", {"Authorization": "Basic bm9kZTE6bm9kZTE="}).status
    assert 403 == ask(url, "POST", {"Authorization": "Bearer " + "x" * 32}).status
    assert 405 == ask(url).status
    assert "running" == module_playground.states()["node1"]


def test_order_for_a_znode_that_is_gone_is_404(module_playground: Playground) -> None:
    assert 404 == order_kill(module_playground, "c_2147483640")


def test_order_to_a_node_that_does_not_answer_is_502_within_2_s(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=2, SESSION_TIMEOUT_S="12") as playground:
        playground.wait_until_at_rest()
        worker = playground.line()[1]
        znode = znode_of(playground, worker)
        playground.do("freeze", worker)
        ordered = time.monotonic()
        assert 502 == order_kill(playground, znode)
        assert time.monotonic() - ordered < scaled(2.5)
        playground.do("thaw", worker)


def test_order_from_another_site_is_refused(module_playground: Playground) -> None:
    url = f"{module_playground.dashboard}/api/nodes/{znode_of(module_playground, 'node1')}/kill"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        assert 403 == ask(url, "POST", headers).status
    assert "running" == module_playground.states()["node1"]
