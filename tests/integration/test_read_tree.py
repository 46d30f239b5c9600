"""The znodes as they are, read from a real ZooKeeper: what is told, what is not, and that nothing is left behind."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
import pytest
from kazoo.client import KazooClient
from kazoo.security import make_digest_acl

from succession import NotConnected, ZooKeeperSession
from succession.testing import eventually
from succession.tree import MOST_CHILDREN, read_tree
from succession.wire import ZnodeFacts, ZnodeTree, encode
from succession.znodes import Znode
from tests.support.members import Cluster, running_cluster

COORDINATORS, WORKERS = "/coordinators_service_registry", "/workers_service_registry"


@pytest.fixture
def session(chroot: str) -> Iterator[ZooKeeperSession]:
    """One that only looks."""
    with ZooKeeperSession(chroot, 2.0) as session:
        eventually(lambda: session.connection == "connected")
        yield session


@pytest.fixture
def line(chroot: str) -> Iterator[Cluster]:
    """Three members in line, at rest."""
    with running_cluster(chroot) as cluster:
        cluster.add("a", "b", "c")
        yield cluster


def by_path(tree: ZnodeTree) -> dict[str, ZnodeFacts]:
    return {facts.path: facts for facts in tree.znodes}


def below(tree: ZnodeTree, parent: str) -> list[str]:
    return [facts.path.rpartition("/")[2] for facts in tree.znodes if facts.path.startswith(parent + "/")]


def test_every_znode_of_a_cluster_is_told_with_its_facts(line: Cluster, session: ZooKeeperSession) -> None:
    tree = read_tree(session)
    first, second, third = line.line()
    (coordinator,) = line.client.get_children(COORDINATORS)
    workers = sorted(line.client.get_children(WORKERS))
    expected = [
        "/election",
        *(f"/election/{name}" for name in (first, second, third)),
        "/election_leader",
        "/election_term",
        COORDINATORS,
        f"{COORDINATORS}/{coordinator}",
        WORKERS,
        *(f"{WORKERS}/{name}" for name in workers),
    ]
    assert expected == [facts.path for facts in tree.znodes]
    assert (3, 1, 2) == tuple(by_path(tree)[path].children for path in ("/election", COORDINATORS, WORKERS))
    for facts in tree.znodes:
        stat = line.client.get(facts.path)[1]
        assert (facts.czxid, facts.mzxid, facts.version) == (stat.czxid, stat.mzxid, stat.version)
        assert (stat.ephemeralOwner & 2**64 - 1) == int(facts.owner or "0x0", 16)
        assert stat.ctime / 1000 == facts.created_at
        assert None is facts.note
    leadership = line.members[0].election.leadership
    assert leadership is not None
    claim, entry = by_path(tree)["/election_leader"], by_path(tree)[f"{COORDINATORS}/{coordinator}"]
    assert leadership.fencing_token == claim.czxid == entry.czxid == by_path(tree)["/election_term"].mzxid
    assert claim.data is not None
    assert (first, leadership.term) == (claim.data["znode"], claim.data["term"])
    assert {"name": "b", "address": "http://b:8081"} == by_path(tree)[f"/election/{second}"].data
    assert ["b", "c"] == [(by_path(tree)[f"{WORKERS}/{name}"].data or {})["name"] for name in workers]


def test_the_zxid_is_that_of_the_last_change_of_any_of_them(line: Cluster, session: ZooKeeperSession) -> None:
    before = read_tree(session).zxid
    made = line.client.get(line.client.create(f"{WORKERS}/n_", b"", ephemeral=True, sequence=True))[1].czxid
    assert before < made
    assert made == read_tree(session).zxid
    changed = line.client.set("/election_term", b"").mzxid  # its leader is promoted again for that
    assert changed <= read_tree(session).zxid


def test_before_anyone_joined_nothing_is_there_and_nothing_is_made(
    client: KazooClient, session: ZooKeeperSession
) -> None:
    tree = read_tree(session)
    paths = ("/election", "/election_leader", "/election_term", COORDINATORS, WORKERS)
    assert tuple(ZnodeFacts(path=path) for path in paths) == tree.znodes
    assert [] == client.get_children("/")


def test_no_token_is_told_wherever_it_lies(line: Cluster, session: ZooKeeperSession) -> None:
    client = line.client
    entries = [f"{parent}/{name}" for parent in (COORDINATORS, WORKERS) for name in client.get_children(parent)]
    tokens = [msgspec.json.decode(client.get(path)[0])["control_token"].encode() for path in entries]
    whole = client.get(entries[0])[0]
    note = msgspec.json.encode({"name": "guest", "address": None, "control_token": tokens[0].decode()})
    for parent, data in (
        ("/election/c_", note),
        ("/election/c_", whole),
        ("/election/x_", whole),
        (f"{WORKERS}/n_", whole[:-1]),
        (f"{WORKERS}/n_", whole.replace(b'"member"', b'"members"')),
        (f"{WORKERS}/n_", whole.replace(b'{"member":{', b'{"member":{"control_token":"%s",' % tokens[0])),
        (f"{WORKERS}/n_", b'"%s"' % tokens[0]),
        (f"{COORDINATORS}/n_", tokens[0]),
    ):
        client.create(parent, data, ephemeral=True, sequence=True)
    client.set(WORKERS, whole)
    client.set("/election_term", tokens[0])
    tree = read_tree(session)
    assert len(tokens) == 3
    assert (6, 2, 6) == tuple(len(below(tree, parent)) for parent in ("/election", COORDINATORS, WORKERS))
    said = encode(tree)
    assert b"guest" in said
    assert [] == [token for token in tokens if token in said]
    assert 8 == len([facts for facts in tree.znodes if facts.note is not None])


def test_no_watch_is_left_even_where_a_znode_may_not_be_read(client: KazooClient, session: ZooKeeperSession) -> None:
    other = [make_digest_acl("someone", "else", all=True)]
    client.create("/election", b"")
    client.create("/election/c_0000000001", b"{}", acl=other)
    client.create("/election_leader", b"{}", acl=other)
    client.create(WORKERS, b"", acl=other)
    closed = "Its access list does not let this session read it."
    tree = by_path(read_tree(session))
    for path in ("/election/c_0000000001", "/election_leader", WORKERS):
        assert (None, closed) == (tree[path].data, tree[path].note)
        assert tree[path].czxid is not None
    assert (1, None) == (tree["/election"].children, tree[WORKERS].children)
    kept = vars(session._client)  # ZooKeeper says nothing of a znode to whom may not read it, whatever is watched
    assert ({}, {}) == (kept["_data_watchers"], kept["_child_watchers"])


def test_more_children_than_200_are_counted_and_not_read(client: KazooClient, session: ZooKeeperSession) -> None:
    client.create("/election", b"")
    made = [client.create_async("/election/c_", b"{}", sequence=True) for _ in range(MOST_CHILDREN + 7)]
    names = sorted(one.get().rpartition("/")[2] for one in made)
    read: list[str] = []
    get_all = session.get_all

    def keep(paths: Iterable[str], watch: bool = False) -> dict[str, Znode | None]:
        read.extend(wanted := list(paths))
        return get_all(wanted, watch)

    session.get_all = keep  # type: ignore[method-assign]
    tree = read_tree(session)
    parent = by_path(tree)["/election"]
    assert (MOST_CHILDREN + 7, 7) == (parent.children, parent.left_out)
    assert names[:MOST_CHILDREN] == below(tree, "/election")
    assert MOST_CHILDREN + 5 == len(read)


def test_what_changes_while_it_is_read_is_read_again(line: Cluster, session: ZooKeeperSession) -> None:
    """A claim and its candidate, or an entry on its way to the other registry, are told as they were together."""
    leader, successor = line.line()[:2]
    get_all = session.get_all

    def after(do: Callable[[], object]) -> None:
        def once(paths: Iterable[str], watch: bool = False) -> dict[str, Znode | None]:
            session.get_all = get_all  # type: ignore[method-assign]
            found = get_all(paths, watch)
            do()
            return found

        session.get_all = once  # type: ignore[method-assign]

    def fail_over() -> None:
        line.members[0].session.close()
        eventually(lambda: line.members[1].election.is_leader)

    after(fail_over)
    tree = read_tree(session)
    assert leader not in below(tree, "/election")
    assert successor == (by_path(tree)["/election_leader"].data or {})["znode"]
    assert [1, 1] == [len(below(tree, parent)) for parent in (COORDINATORS, WORKERS)]


def test_a_cluster_that_never_stops_changing_is_told_all_the_same(
    client: KazooClient, session: ZooKeeperSession
) -> None:
    client.create("/election", b"")
    get_all, reads = session.get_all, []

    def restless(paths: Iterable[str], watch: bool = False) -> dict[str, Znode | None]:
        reads.append(client.create("/election/c_", b"{}", sequence=True))
        return get_all(paths, watch)

    session.get_all = restless  # type: ignore[method-assign]
    assert len(below(read_tree(session), "/election")) == len(reads) - 1
    assert 3 == len(reads)


def test_without_zookeeper_it_is_said_and_nothing_waits(chroot: str) -> None:
    with pytest.raises(NotConnected):
        read_tree(ZooKeeperSession(chroot, 2.0))
