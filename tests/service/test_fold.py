"""What each person is told when several steps of a clock are due at once."""

from __future__ import annotations

from upheld.clocks.notice import Notice
from upheld.clocks.table import ClockKey, StepRow
from upheld.service.fold import STOPPED, New, fold

KEY = ClockKey("acme", "fix", "INC-1", "desk:1", 0)


def notice(step: str, at: int, who: str = "ann", channel: str = "mail", muted: str = "", key: ClockKey = KEY) -> Notice:
    return Notice(StepRow(key, "1", "p1", step, at), who, channel, f"{who}@x", "en", f"step {step}", f"text {step}\n", at, "", muted)


def states(*news: New) -> list[tuple[str, str, str, str]]:
    return [(m.recipient, m.channel, m.step, m.state) for m in fold(news, 100)]


def test_one_step_is_one_message() -> None:
    assert states(New(notice("1", 5), stopped=False, late=False)) == [("ann", "mail", "1", "waiting")]


def test_the_highest_step_carries_the_others() -> None:
    rows = fold([New(notice("1", 5), stopped=False, late=True), New(notice("2", 7), stopped=False, late=False)], 100)
    assert [(m.state, m.folded_into) for m in rows] == [("folded", rows[1].key), ("waiting", "")]
    assert rows[1].text == "text 2\n\n---\nBefore this:\n- 1970-01-01T00:00:00.000005Z: step 1"


def test_late_one_channel_a_person_in_time_each() -> None:
    both = [notice("2", 7), notice("2", 7, channel="chat")]
    assert [s for *_, s in states(*(New(n, stopped=False, late=False) for n in both))] == ["waiting", "waiting"]
    assert [s for *_, s in states(*(New(n, stopped=False, late=True) for n in both))] == ["waiting", "folded"]


def test_two_people_and_two_clocks_are_told_each() -> None:
    other = KEY._replace(case="INC-2")
    news = [New(n, stopped=False, late=True) for n in (notice("1", 5), notice("1", 5, "ben"), notice("1", 5, key=other))]
    assert [s for *_, s in states(*news)] == ["waiting"] * 3


def test_a_stopped_clock_is_told_of_only_in_time() -> None:
    rows = fold([New(notice("1", 5), stopped=True, late=True)], 100)
    assert (rows[0].state, rows[0].reason) == ("muted", STOPPED)
    assert states(New(notice("1", 5), stopped=True, late=False)) == [("ann", "mail", "1", "waiting")]


def test_what_is_muted_stays_muted_and_leads_nobody() -> None:
    rows = fold([New(notice("1", 5), stopped=False, late=True), New(notice("2", 7, muted="silence of ann"), stopped=False, late=True)], 100)
    assert [(m.state, m.reason) for m in rows] == [("waiting", ""), ("muted", "silence of ann")]
