"""The registry on its own, without an election: an intention that is kept true."""

import time
from collections.abc import Iterator, Sequence

import pytest
from kazoo.client import KazooClient
from kazoo.security import OPEN_ACL_UNSAFE, make_acl

from succession import ServiceRegistry, SuccessionError, ZooKeeperSession
from succession.election import LeaderElection
from succession.testing import eventually, expire_session, scaled
from succession.wire import Member, RegistryEntry, decode
from succession.znodes import Create, Delete, Operation, Written

COORDINATORS, WORKERS = "/coordinators_service_registry", "/workers_service_registry"


def member(role: str = "worker", address: str = "http://a:1") -> Member:
    return Member(
        name="a",
        znode="c_0000000001",
        role=role,  # type: ignore[arg-type]
        watching=None,
        address=address,
        session_id="0x1",
        session_timeout_ms=2000,
        joined_at=1.0,
        role_since_at=1.0,
        takeover=None,
    )


@pytest.fixture
def registry(chroot: str) -> Iterator[ServiceRegistry]:
    session = ZooKeeperSession(chroot, 2.0)
    yield ServiceRegistry(session)
    session.close()


def found(client: KazooClient) -> dict[str, list[Member]]:
    return {
        registry: [
            decode(client.get(f"{registry}/{name}")[0], RegistryEntry).member for name in client.get_children(registry)
        ]
        for registry in (COORDINATORS, WORKERS)
    }


def test_announce_move_and_withdraw(registry: ServiceRegistry, client: KazooClient) -> None:
    assert registry.announce(member(), scaled(5))
    assert found(client) == {COORDINATORS: [], WORKERS: [member()]}
    assert registry.move(member("leader"), scaled(5))
    assert found(client) == {COORDINATORS: [member("leader")], WORKERS: []}
    assert registry.withdraw(scaled(5))
    assert found(client) == {COORDINATORS: [], WORKERS: []}


def expire(registry: ServiceRegistry) -> None:
    state = registry.session.state
    expire_session(registry.session)
    eventually(lambda: registry.session.state.session_id not in (None, state.session_id))


def test_after_expiry_what_is_meant_now_is_announced_again(registry: ServiceRegistry, client: KazooClient) -> None:
    """Row 20; curator 702: old data was registered again."""
    assert registry.announce(member(address="http://old:1"), scaled(5))
    assert registry.announce(member(address="http://new:1"), scaled(5))
    expire(registry)
    eventually(lambda: found(client)[WORKERS] == [member(address="http://new:1")])


def test_what_was_withdrawn_does_not_come_back(registry: ServiceRegistry, client: KazooClient) -> None:
    """Row 20; curator 685: an unregistered service came back on reconnect."""
    assert registry.announce(member(), scaled(5))
    assert registry.withdraw(scaled(5))
    expire(registry)
    assert registry.announce(member("leader"), scaled(5))  # the registry's thread has had its turn
    assert found(client) == {COORDINATORS: [member("leader")], WORKERS: []}


def test_an_entry_deleted_by_hand_is_made_anew(registry: ServiceRegistry, client: KazooClient) -> None:
    assert registry.announce(member(), scaled(5))
    (name,) = client.get_children(WORKERS)
    client.delete(f"{WORKERS}/{name}")
    eventually(lambda: found(client)[WORKERS] == [member()])


def test_a_watch_sees_entries_come_change_and_go(registry: ServiceRegistry, client: KazooClient) -> None:
    watch = registry.watch()
    eventually(lambda: watch.feed.latest().value.is_read)
    assert registry.announce(member(), scaled(5))
    eventually(lambda: [e.data.member for e in watch.feed.latest().value.workers if e.data] == [member()])
    assert registry.move(member("leader"), scaled(5))
    eventually(lambda: len(watch.feed.latest().value.coordinators) == 1 and not watch.feed.latest().value.workers)
    client.create(f"{WORKERS}/n_", b"{", sequence=True)
    eventually(lambda: watch.feed.latest().value.problems)
    (problem,) = watch.feed.latest().value.problems
    assert problem == f"The data of {WORKERS}/{client.get_children(WORKERS)[0]} is not JSON."
    watch.stop()


def test_the_registrys_thread_ends_with_its_session(registry: ServiceRegistry) -> None:
    assert registry.announce(member(), scaled(5))
    keeper = registry._keeper
    assert keeper is not None
    registry.session.close()
    keeper.join(scaled(5))
    assert not keeper.is_alive()


def test_an_elections_registry_is_kept_by_the_election_alone(registry: ServiceRegistry) -> None:
    LeaderElection(registry.session, name="a", data={"address": "http://a:1"}, registry=registry)
    with pytest.raises(SuccessionError, match="an election keeps"):
        registry.announce(member())


def test_a_move_is_one_transaction(registry: ServiceRegistry, client: KazooClient) -> None:
    """Whoever reads sees the member once, in the one registry or in the other."""
    assert registry.announce(member(), scaled(5))
    written: list[Sequence[Operation]] = []
    commit = registry.session.commit

    def keep(operations: Sequence[Operation]) -> list[Written]:
        written.append(operations)
        return commit(operations)

    registry.session.commit = keep  # type: ignore[method-assign]
    assert registry.move(member("leader"), scaled(5))
    assert [[Delete, Create]] == [[type(operation) for operation in operations] for operations in written]
    assert found(client) == {COORDINATORS: [member("leader")], WORKERS: []}


def test_a_registry_that_may_not_make_its_parents_backs_off_and_says_so_once(
    registry: ServiceRegistry, client: KazooClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.set_acls("/", [make_acl("world", "anyone", read=True, admin=True)])
    tries: list[float] = []
    ensure = registry.session.ensure

    def count(path: str) -> None:
        tries.append(time.monotonic())
        ensure(path)

    registry.session.ensure = count  # type: ignore[method-assign]
    assert not registry.announce(member(), 0.1)
    time.sleep(4)
    assert 3 < len(tries) < 40
    assert caplog.text.count("the registry's entry is not as it should be yet") == 1
    client.set_acls("/", OPEN_ACL_UNSAFE)
    eventually(lambda: client.exists(WORKERS) is not None and found(client)[WORKERS] == [member()])
