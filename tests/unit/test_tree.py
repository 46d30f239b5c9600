"""The znodes as a list: its order, its limits, and what is told of each znode's data."""

from typing import Any

import msgspec
import pytest

from succession.mirror import Contents
from succession.paths import ElectionPaths
from succession.registry import COORDINATORS, WORKERS
from succession.tree import MOST_CHILDREN, tree
from succession.wire import ZnodeFacts, ZnodeTree, decode, encode
from succession.znodes import CONTAINER_OWNER, Children, Znode
from tests.unit.test_wire import MEMBER, SECRET

PARENTS = ("/election", COORDINATORS, WORKERS)
ALONE = ("/election_leader", "/election_term")
NOTE = msgspec.json.encode({"name": "node1", "address": "http://node1:8081", "control_token": SECRET})
CLAIM = msgspec.json.encode(
    {
        "name": "node1",
        "znode": "c_0000000012",
        "term": 3,
        "session_timeout_ms": 2000,
        "address": "http://node1:8081",
        "control_token": SECRET,
    }
)
ENTRY = msgspec.json.encode(
    {"member": {**msgspec.to_builtins(MEMBER), "control_token": SECRET}, "control_token": SECRET}
)


def contents(*added: Znode, missing: tuple[str, ...] = ()) -> Contents:
    """Everything that an election stands on, empty, but for what is missing, and what was added."""
    there = [path for path in (*PARENTS, *ALONE) if path not in missing]
    znodes = {path: znode(path, b"", owner=0) for path in there} | {one.path: one for one in added}
    names: dict[str, list[str]] = {parent: [] for parent in PARENTS if parent in there}
    for one in added:
        parent, _, name = one.path.rpartition("/")
        if parent in names:
            names[parent].append(name)
    children = {parent: Children(parent, tuple(below), 90, len(below)) for parent, below in names.items()}
    return Contents("connected", True, children, znodes)


def znode(path: str, data: bytes = b"", *, owner: int = 0x1000, czxid: int = 5, **changed: Any) -> Znode:
    return Znode(path, data, 2, czxid, 7, 7, owner, 1_700_000_000_250)._replace(**changed)


def told(what: Contents) -> ZnodeTree:
    return tree(what, ElectionPaths("/election"), COORDINATORS, WORKERS, read_at=1_800_000_000.0)


def facts(what: Contents, path: str) -> ZnodeFacts:
    return {one.path: one for one in told(what).znodes}[path]


def paths(what: Contents) -> list[str]:
    return [one.path for one in told(what).znodes]


def test_parents_come_before_their_children_in_the_order_of_the_line_and_else_by_name() -> None:
    line = [znode(f"/election/c_{number:010d}") for number in (9, 12, 11)]
    others = [znode("/election/lost+found"), znode("/election/a"), znode("/election/c_0000000012x")]
    entries = [
        znode(f"{COORDINATORS}/n_0000000002"),
        *(znode(f"{WORKERS}/{name}") for name in ("n_0000000003", "c_0000000001", "a")),
    ]
    expected = [
        "/election",
        "/election/c_0000000009",
        "/election/c_0000000011",
        "/election/c_0000000012",
        "/election/a",
        "/election/c_0000000012x",
        "/election/lost+found",
        "/election_leader",
        "/election_term",
        COORDINATORS,
        f"{COORDINATORS}/n_0000000002",
        WORKERS,
        f"{WORKERS}/a",
        f"{WORKERS}/c_0000000001",
        f"{WORKERS}/n_0000000003",
    ]
    assert expected == paths(contents(*others, *line, *entries))


def test_what_is_not_there_is_in_the_list_with_nothing_known_of_it() -> None:
    nothing = contents(missing=(*PARENTS, *ALONE))
    expected = [ZnodeFacts(path=path) for path in ("/election", *ALONE, COORDINATORS, WORKERS)]
    assert expected == list(told(nothing).znodes)
    assert 0 == told(nothing).zxid


def test_a_znodes_facts_are_its_own() -> None:
    one = znode("/election/c_0000000012", NOTE, owner=-0x6FFF_FFFF_FFFF_FFFF)
    expected = ZnodeFacts(
        path="/election/c_0000000012",
        czxid=5,
        mzxid=7,
        version=2,
        owner="0x9000000000000001",
        created_at=1_700_000_000.25,
        data={"name": "node1", "address": "http://node1:8081"},
    )
    assert expected == facts(contents(one), one.path)
    parent = facts(contents(one), "/election")
    assert (None, 1, 0, None, None) == (parent.owner, parent.children, parent.left_out, parent.data, parent.note)


@pytest.mark.parametrize("owner", [0, CONTAINER_OWNER])
def test_what_no_session_owns_has_no_owner(owner: int) -> None:
    assert None is facts(contents(znode("/election/c_0000000012", owner=owner)), "/election/c_0000000012").owner


def test_the_zxid_is_the_newest_of_all_that_was_read() -> None:
    assert 90 == told(contents()).zxid, "that of a parent's children"
    assert 93 == told(contents(znode(f"{WORKERS}/n_0000000001", mzxid=93))).zxid


def test_data_is_what_its_kind_says_and_nothing_more() -> None:
    claim = facts(contents(znode("/election_leader", CLAIM)), "/election_leader")
    assert {"name", "address", "znode", "term", "session_timeout_ms"} == set(claim.data or ())
    entry = facts(contents(znode(f"{WORKERS}/n_0000000001", ENTRY)), f"{WORKERS}/n_0000000001")
    assert msgspec.to_builtins(MEMBER) == entry.data
    assert (None, None) == (claim.note, entry.note)


UNREADABLE = [
    (f"{WORKERS}/n_0000000001", SECRET.encode(), "Its data is not JSON."),
    (f"{WORKERS}/n_0000000001", ENTRY[:-1], "Its data is not JSON."),
    (f"{WORKERS}/n_0000000001", NOTE, "Its data does not have the right fields."),
    (f"{COORDINATORS}/n_0000000001", ENTRY.replace(b"0x1000", SECRET.encode()), "right value at member.session_id."),
    ("/election/c_0000000012", b'"%s"' % SECRET.encode(), "Its data does not have the right fields."),
    ("/election_leader", NOTE, "Its data does not have the right fields."),
    ("/election/lost+found", NOTE, "Its data is nothing that an election or a registry writes here"),
    ("/election_term", ENTRY, "Its data is nothing that an election or a registry writes here"),
    ("/election", ENTRY, "Its data is nothing that an election or a registry writes here"),
    (WORKERS, ENTRY, "Its data is nothing that an election or a registry writes here"),
]


@pytest.mark.parametrize(("path", "data", "note"), UNREADABLE)
def test_data_that_cannot_be_told_is_null_with_a_note_that_quotes_nothing(path: str, data: bytes, note: str) -> None:
    one = facts(contents(znode(path, data)), path)
    assert None is one.data
    assert note in (one.note or "")


def test_no_token_is_anywhere_in_the_answer_wherever_it_lies() -> None:
    whole = [
        znode("/election_leader", CLAIM),
        znode("/election/c_0000000012", NOTE),
        znode(f"{COORDINATORS}/n_0000000001", ENTRY),
    ]
    for found in (whole, *([znode(path, data)] for path, data, _ in UNREADABLE)):
        answer = encode(told(contents(*found)))
        assert {one.path for one in found} <= {one.path for one in decode(answer, ZnodeTree).znodes}
        assert SECRET.encode() not in answer


@pytest.mark.parametrize(
    "path", ["/election/c_0000000012", "/election/x", "/election_leader", f"{WORKERS}/n_0000000001"]
)
def test_empty_data_is_null_and_needs_no_note(path: str) -> None:
    one = facts(contents(znode(path)), path)
    assert (None, None) == (one.data, one.note)


def test_data_that_may_not_be_read_is_null_and_said_so() -> None:
    one = facts(contents(znode("/election/c_0000000012", may_be_read=False)), "/election/c_0000000012")
    assert (None, "Its access list does not let this session read it.") == (one.data, one.note)
    assert 5 == one.czxid


def test_a_parent_whose_children_may_not_be_listed_says_nothing_of_how_many_there_are() -> None:
    closed = contents(znode(WORKERS, owner=0, may_be_read=False), missing=(WORKERS,))
    one = facts(closed, WORKERS)
    assert (5, None, "Its access list does not let this session read it.") == (one.czxid, one.children, one.note)


def test_more_children_than_are_listed_are_counted() -> None:
    line = [znode(f"/election/c_{number:010d}") for number in range(MOST_CHILDREN + 30)]
    parent = facts(contents(*line, znode("/election/a")), "/election")
    assert (MOST_CHILDREN + 31, 31) == (parent.children, parent.left_out)
    listed = [path for path in paths(contents(*line, znode("/election/a"))) if path.startswith("/election/")]
    assert [one.path for one in line[:MOST_CHILDREN]] == listed, "the first in line, and what is none is left out first"


def test_a_child_that_went_while_it_was_read_is_neither_listed_nor_counted() -> None:
    what = contents(znode("/election/c_0000000001"), znode("/election/c_0000000002"))
    went = Contents(
        "connected", True, what.children, {path: one for path, one in what.znodes.items() if path[-1] != "1"}
    )
    assert ("/election", 1) == (told(went).znodes[0].path, told(went).znodes[0].children)
    assert "/election/c_0000000002" == told(went).znodes[1].path


def test_a_long_path_is_shortened() -> None:
    one = znode(f"/election/{'x' * 5000}")
    assert f"/election/{'x' * 70}…" == paths(contents(one))[1]
