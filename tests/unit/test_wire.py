"""What crosses process borders: read back as written, and refused without being quoted."""

import msgspec
import pytest

from succession.errors import Undecodable
from succession.wire import (
    ClaimNote,
    ClusterSnapshot,
    DashboardView,
    JobRecord,
    LineMember,
    Member,
    RegistryEntry,
    Takeover,
    decode,
    encode,
)

MEMBER = Member(
    name="node1",
    znode="c_0000000012",
    role="leader",
    watching=None,
    address="http://node1:8081",
    session_id="0x1000",
    session_timeout_ms=2000,
    joined_at=1.5,
    role_since_at=2.5,
    takeover=Takeover(cause_seen_at=2.0, claimed_at=2.25),
)
SECRET = "a-control-token-that-nobody-may-see"


def test_what_is_encoded_is_decoded_the_same() -> None:
    entry = RegistryEntry(member=MEMBER, control_token=SECRET)
    assert decode(encode(entry), RegistryEntry) == entry
    assert decode(encode(MEMBER), Member) == MEMBER


def test_unknown_fields_are_ignored() -> None:
    data = msgspec.json.encode({**msgspec.to_builtins(MEMBER), "later": "field"})
    assert decode(data, Member) == MEMBER


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe{}", "is not JSON"),
        (b'"\xff"', "does not have the right fields"),
        (b"[" * 100_000, "does not have the right fields"),
        (b"null", "does not have the right fields"),
        (b'{"count": 1}', "does not have the right fields"),
        (b'{"count": 1, "fencing_token": 2, "by": "n", "at": 1e999}', "does not have the right value at at"),
        (b'{"count": -1, "fencing_token": 2, "by": "n", "at": 1}', "does not have the right value at count"),
        (b'{"count": 1, "fencing_token": 2, "by": "a\\nb", "at": 1}', "does not have the right value at by"),
        (b'{"count": 1.5, "fencing_token": 2, "by": "n", "at": 1}', "does not have the right value at count"),
    ],
)
def test_garbage_is_one_sentence_that_says_where(data: bytes, words: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(data, JobRecord)
    assert str(caught.value) == words


@pytest.mark.parametrize("field", ["role", "name", "znode", "address", "session_id", "watching", "takeover"])
def test_what_is_wrong_is_never_quoted(field: str) -> None:
    broken = {**msgspec.to_builtins(MEMBER), field: [SECRET]}
    for value in (broken, {**broken, field: SECRET * 20}):
        with pytest.raises(Undecodable) as caught:
            decode(msgspec.json.encode({"member": value, "control_token": SECRET}), RegistryEntry)
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_token_is_in_no_representation() -> None:
    assert SECRET not in repr(RegistryEntry(member=MEMBER, control_token=SECRET))


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "http://a b", "http://user@host:1", "http://host/path", "ftp://host", "http://", "//host"],
)
def test_an_address_is_a_host_and_nothing_else(address: str) -> None:
    with pytest.raises(Undecodable, match="address"):
        decode(msgspec.json.encode({**msgspec.to_builtins(MEMBER), "address": address}), Member)


def test_what_breaks_its_own_type_is_not_encoded() -> None:
    snapshot = ClusterSnapshot(
        revision=-1, leader=None, fencing_token=None, term=None, observed_at=1.0, members=(), problems=()
    )
    with pytest.raises(Undecodable, match="ClusterSnapshot does not have the right value at revision"):
        encode(snapshot)


def test_a_claim_that_names_an_absurd_session_timeout_cannot_be_read() -> None:
    with pytest.raises(Undecodable, match="session_timeout_ms"):
        decode(b'{"name": "n", "znode": "c_0000000001", "term": 1, "session_timeout_ms": 2000000000}', ClaimNote)


def line(**changed: object) -> ClusterSnapshot:
    """Two rows, of which the second has what changed."""
    values = {name: getattr(MEMBER, name) for name in MEMBER.__struct_fields__}
    rows = [LineMember(**(values | {"predecessor": None, "in_sync": True} | changes)) for changes in ({}, changed)]
    return ClusterSnapshot(
        revision=1, leader=None, fencing_token=None, term=None, observed_at=1.0, members=tuple(rows), problems=()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\nb"},
        {"in_sync": 1},  # equal to the row that was sent before, and not the same
        {"joined_at": float("nan")},  # JSON would make it null
        {"takeover": {}},
        {"znode": {1, 2}},
    ],
)
def test_a_row_that_breaks_its_type_is_not_sent_whatever_was_sent_before(wrong: dict[str, object]) -> None:
    encode(line())
    with pytest.raises(Undecodable, match=r"ClusterSnapshot does not have the right value at members\[1\]"):
        encode(line(**wrong))
    with pytest.raises(Undecodable, match=r"DashboardView does not have the right value at cluster.members\[1\]"):
        encode(view(line(**wrong)))


def view(cluster: ClusterSnapshot) -> DashboardView:
    return DashboardView(epoch="e", revision=1, state="live", cluster=cluster, departed=(), events=(), as_of_at=1.0)


def test_a_row_that_cannot_be_read_says_which_it_is() -> None:
    said = msgspec.to_builtins(line())
    said["members"][1]["name"] = 7
    with pytest.raises(Undecodable) as caught:
        decode(msgspec.json.encode(said), ClusterSnapshot)
    assert "does not have the right value at members[1].name" == str(caught.value)
    assert line() == decode(encode(line()), ClusterSnapshot)
