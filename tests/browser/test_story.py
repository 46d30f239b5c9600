"""The pure modules under the picture: where seats stand, how a change is told, what a URL and the tree say."""

from typing import Any

import pytest
from playwright.sync_api import Page


def call(page: Page, module: str, function: str, *values: object) -> Any:
    """What this function of a module says."""
    asked = "async ([module, name, values]) => (await import(`/static/${module}.js`))[name](...values)"
    return page.evaluate(asked, [module, function, list(values)])


def seat(number: int, **fields: object) -> dict[str, object]:
    """A seat of the line, as picture_model.js makes it."""
    known = {
        "key": f"c{number}",
        "znode": f"c{number}",
        "look": "leader" if number == 1 else "worker",
        "icon": "dot",
        "called": f"node{number}",
        "sub": "worker",
        "ahead": None if number == 1 else f"c{number - 1}",
        "isLoose": False,
        "standing": "in_line",
        "hasLed": number == 1,
        "position": number,
    }
    return {**known, **fields}


def picture(
    *seats: dict[str, object], leader: str | None = "c1", token: int | None = 1, took: object = None
) -> dict[str, object]:
    """A picture of these seats."""
    line = [one["znode"] for one in seats if one["standing"] == "in_line"]
    return {"seats": list(seats), "line": line, "leader": leader, "token": token, "epoch": "e", "took": took}


def down(number: int) -> dict[str, object]:
    """The seat of one that has left."""
    return seat(number, look="down", standing="departed", ahead=None)


def told(page: Page, before: dict[str, object], after: dict[str, object]) -> list[tuple[str, dict[str, str]]]:
    """(caption, stages) of each frame."""
    asked = """async ([before, after]) => {
      const { storyOf } = await import("/static/story.js");
      return storyOf(before, after).map((frame) => [frame.caption, Object.fromEntries(frame.stages)]);
    }"""
    return [(caption, stages) for caption, stages in page.evaluate(asked, [before, after])]


BEFORE = picture(*(seat(number) for number in (1, 2, 3, 4)))


def test_a_leaders_death_is_told_in_the_order_in_which_it_happens(pure: Page) -> None:
    crowned = seat(2, look="leader", ahead=None)
    after = picture(down(1), crowned, seat(3), seat(4), leader="c2", token=2, took={"token": 2, "text": "9 ms"})
    frames = told(pure, BEFORE, after)
    assert [
        {"c1": "broken"},
        {"c1": "empty", "c2": "woken"},
        {"c1": "empty", "c2": "looking"},
        {"c2": "crowned"},
        {},
    ] == [stages for _, stages in frames]
    assert "node2 leads. Nobody led for 9 ms; this was slow motion." == frames[3][0]


def test_words_go_on_under_the_end_of_a_story(pure: Page) -> None:
    """What is told slowly ends in the picture as it is, and that says for how long one has been down."""
    after = picture(down(1), seat(2, look="leader", ahead=None), seat(3), leader="c2", token=2)
    later = picture(seat(1, look="down", standing="departed", ahead=None, sub="later"), *after["seats"][1:])  # type: ignore[index]
    asked = """async ([before, after, later]) => {
      const { Player } = await import("/static/player.js");
      return new Promise((resolve) => {
        let isTold = false;
        const player = new Player({ isStill: () => false, show(frame, isPlaying) {
          if (frame.stages.get("c2") === "crowned") {
            if (frame.seats[0].sub === "later") isTold = true;
            else setTimeout(() => player.present(later));
          }
          if (isTold && !isPlaying) resolve([frame.seats[0].sub, player.waiting.length]);
        } });
        player.present(before);
        player.present(after);
      });
    }"""
    assert ["later", 0] == pure.evaluate(asked, [BEFORE, after, {**later, "leader": "c2", "token": 2}])


def test_of_two_deaths_at_once_only_the_one_behind_both_is_woken(pure: Page) -> None:
    after = picture(seat(1), seat(4, ahead="c1"), down(2), down(3))
    frames = told(pure, BEFORE, after)
    assert {"c2": "empty", "c3": "empty", "c4": "woken"} == frames[1][1]
    assert "node2 and node3 are gone: ZooKeeper has deleted their znodes." == frames[0][0]


def test_the_last_ones_death_wakes_nobody_and_says_so(pure: Page) -> None:
    frames = told(pure, BEFORE, picture(seat(1), seat(2), seat(3), down(4)))
    assert [{"c4": "broken"}, {"c4": "empty"}, {}] == [stages for _, stages in frames]
    assert "Nobody watched it, so nobody is woken: it was the last in line." == frames[1][0]


def test_a_leader_that_was_only_out_of_sight_is_not_crowned_again(pure: Page) -> None:
    away = picture(*(seat(number, look="unknown") for number in (1, 2)), leader=None)
    assert [{}] == [
        stages for _, stages in told(pure, away, picture(seat(1), seat(2), took={"token": 1, "text": "9 ms"}))
    ]


def test_another_failovers_time_is_not_told_of_this_one(pure: Page) -> None:
    away = picture(*(seat(number, look="unknown") for number in (1, 2)), leader=None)
    after = picture(seat(1), seat(2), token=5, took={"token": 1, "text": "9 ms"})
    assert [("node1 leads.", {"c1": "crowned"})] == told(pure, away, after)[:1]


def test_of_a_long_line_the_one_that_is_woken_is_named_and_never_a_count(pure: Page) -> None:
    more = seat(11, key="more-0", znode=None, called="+ 9", look="more")
    before = picture(*(seat(number) for number in range(1, 11)), more)
    before["line"] = [f"c{number}" for number in range(1, 21)]
    after = picture(*(seat(number) for number in (*range(1, 10), 11)), more)
    after["line"] = [f"c{number}" for number in range(1, 21) if number != 10]
    frames = told(pure, before, after)
    assert "node11 alone is woken: no one else watched that znode." == frames[1][0]
    assert "more-0" not in frames[1][1]


def test_when_those_behind_went_too_nobody_is_said_to_have_been_last(pure: Page) -> None:
    frames = told(pure, BEFORE, picture(seat(1), seat(2), down(3), down(4)))
    assert "Whoever watched them went too, so nobody is woken." == frames[1][0]


def test_a_line_that_is_wholly_new_is_told_as_such(pure: Page) -> None:
    after = picture(
        *(seat(number, look="leader" if number == 11 else "worker") for number in (11, 12)), leader="c11", token=9
    )
    assert "The whole line is new: every former znode is gone." == told(pure, BEFORE, after)[0][0]


def test_a_crowd_is_no_story(pure: Page) -> None:
    crowd = picture(*(seat(number) for number in range(1, 21)))
    assert [{}] == [stages for _, stages in told(pure, crowd, picture(seat(1)))]
    assert [{}] == [stages for _, stages in told(pure, picture(leader=None), crowd)]


def test_seats_stand_in_order_from_left_to_right_and_wrap(pure: Page) -> None:
    asked = """async ([seats, width, rem]) => {
      const { layoutOf } = await import("/static/layout.js");
      const layout = layoutOf(seats, width, rem);
      return { ...layout, places: [...layout.places.values()] };
    }"""
    for count, width in ((1, 300), (4, 1000), (9, 500), (40, 1000)):
        seats = [seat(number) for number in range(1, count + 1)]
        layout = pure.evaluate(asked, [seats, width, 16])
        places = [(round(place["y"]), place["x"]) for place in layout["places"]]
        assert sorted(places) == places
        radius = layout["medal"] / 2
        assert all(radius <= x <= width - radius and y + radius < layout["height"] for y, x in places)
        assert count - 1 == len(layout["arrows"])
        assert all("NaN" not in arrow["d"] + arrow["head"] for arrow in layout["arrows"])


@pytest.mark.parametrize(
    "state",
    [
        {"node": None, "event": None, "about": None, "hasTree": False, "isPresenting": False},
        {"node": "c_0000000012", "event": "a1f3.7", "about": "a b&c=d#é", "hasTree": True, "isPresenting": True},
    ],
)
def test_what_is_open_survives_the_url(pure: Page, state: dict[str, object]) -> None:
    assert state == call(pure, "address", "readAddress", call(pure, "address", "writeAddress", state))


@pytest.mark.parametrize(
    "hash_", ["", "#", "#node=%ff", "#node=../../x", "#event=7", "#event=../1", "#%&=&&", "#about="]
)
def test_a_url_that_says_nothing_opens_nothing(pure: Page, hash_: str) -> None:
    assert {None, False} == set(call(pure, "address", "readAddress", hash_).values())


def test_the_tree_marks_what_is_new_changed_and_gone_and_forgets_it_after_a_while(pure: Page) -> None:
    asked = """async (steps) => {
      const { NO_TREE, after, treeRows } = await import("/static/tree_model.js");
      let tree = NO_TREE;
      const said = [];
      for (const [znodes, ms] of steps) {
        if (znodes !== null) tree = after(tree, { read_at: 1, znodes }, ms);
        said.push(treeRows(tree, ms).map((row) => `${row.path} ${row.mark}`));
      }
      return said;
    }"""

    def one(path: str, czxid: int | None, mzxid: int | None = None) -> dict[str, object]:
        return {"path": path, "czxid": czxid, "mzxid": mzxid or czxid, "version": 0, "owner": None, "data": None}

    first = [one("/a", 1), one("/a/x", 2), one("/a/y", 3), one("/b", None)]
    second = [one("/a", 1), one("/a/y", 3, 9), one("/a/z", 10), one("/b", 11)]
    said = pure.evaluate(asked, [[first, 0], [second, 1000], [second, 2000], [None, 9000]])
    assert ["/a null", "/a/x null", "/a/y null", "/b null"] == said[0]
    assert ["/a null", "/a/x gone", "/a/y changed", "/a/z new", "/b new"] == said[1] == said[2]
    assert ["/a null", "/a/y null", "/a/z null", "/b null"] == said[3]


def test_what_has_been_tried_is_read_off_the_events(pure: Page) -> None:
    def event(kind: str, number: int, text: str = "", at: float = 0) -> dict[str, object]:
        return {"kind": kind, "znode": f"c{number}", "name": f"node{number % 10}", "text": text, "at": at}

    killed = "it was killed from this page."
    asked = """async (events) => {
      const { seenIn } = await import("/static/tried_model.js");
      return [...seenIn(events)].sort();
    }"""
    assert ["kill_leader"] == pure.evaluate(asked, [event("leader_lost", 1, killed), event("gone", 1, killed)])
    assert ["kill_worker"] == pure.evaluate(asked, [event("gone", 2, killed)])
    closed = event("gone", 3, "node3 is gone; it closed its session itself.")
    assert ["bring_back", "stop_node"] == pure.evaluate(asked, [closed, event("joined", 13, at=2)])
    deleted = event("gone", 3, "node3 is gone.")
    assert [] == pure.evaluate(asked, [deleted, event("joined", 13, at=0.2)])  # by hand: nobody stopped it
    assert [] == pure.evaluate(asked, [event("zookeeper_lost", 0)])  # and started again?
    assert ["stop_zookeeper"] == pure.evaluate(asked, [event("zookeeper_lost", 0), event("zookeeper_back", 0)])
    assert [] == pure.evaluate(asked, [event("joined", 1), event("leader_elected", 1), event("watch_moved", 2)])


def test_the_question_before_a_kill_says_what_will_happen(pure: Page) -> None:
    line = [
        {"znode": "c1", "called": "node1", "isLeader": True, "predecessor": None},
        {"znode": "c2", "called": "node2", "isLeader": False, "predecessor": "c1"},
        {"znode": "c3", "called": "node3", "isLeader": False, "predecessor": "c2"},
    ]

    def text(row: int, supervisor: bool | None = True, state: str = "live") -> str:
        leader = {"znode": "c1", "crash_supervisor": supervisor, "session_timeout_ms": 2000}
        view = {"state": state, "cluster": {"members": [leader]}}
        said: str = call(pure, "confirm", "sentencesOf", line[row], line, view)["text"]
        return said

    assert "node2, which alone watches it, takes over in milliseconds" in text(0)
    assert "takes over after its session timeout of 2 s." in text(0, supervisor=False)
    assert "The leader stays. node3, which alone watches it, will watch node1 instead." in text(1)
    assert "Nobody watches it, so nobody is woken." in text(2)
    assert "The leader stays" not in text(1, state="electing")
    assert "ZooKeeper is away, so nobody leads" in text(0, state="zookeeper_unreachable")


@pytest.mark.parametrize(
    "kind",
    [
        "joined",
        "gone",
        "leader_lost",
        "leader_elected",
        "watch_moved",
        "not_answering",
        "zookeeper_lost",
        "zookeeper_back",
    ],
)
def test_each_kind_of_event_has_its_reason_its_rule_and_what_to_look_at(pure: Page, kind: str) -> None:
    said = call(pure, "why", "whyOf", {"kind": kind, "name": "node1", "text": ""})
    assert {"why", "rule", "look"} == set(said)
    assert said["rule"].startswith("Rule ")
    assert "undefined" not in " ".join(said.values())


def test_a_kind_of_event_that_the_page_does_not_know_cannot_be_opened(pure: Page) -> None:
    assert call(pure, "why", "whyOf", {"kind": "eclipse", "name": None, "text": "The sun went."}) is None
