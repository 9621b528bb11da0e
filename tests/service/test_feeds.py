"""What a paging tool's feed said last outlives the worker that read it."""

from __future__ import annotations

from pathlib import Path

from upheld.service.config import Config, load_config
from upheld.service.doctor import check_feeds
from upheld.service.feeds import fetch_feeds, keep_feeds, kept_feeds
from upheld.stores.store import open_store

FEED = b"BEGIN:VCALENDAR\r\nDTSTAMP:20260301T000000Z\r\nSUMMARY:ann\r\nEND:VCALENDAR\r\n"


def _config(where: Path) -> Config:
    (where / "upheld.toml").write_text('[feed.pager]\nurl = "pager.ics"\n')
    return load_config(where)


def test_a_feed_that_cannot_be_read_after_a_restart_is_what_it_said_last(tmp_path: Path) -> None:
    config = _config(tmp_path)
    (tmp_path / "pager.ics").write_bytes(FEED)
    with open_store(tmp_path / "store.db") as store:
        keep_feeds(store, fetch_feeds(config), 1_000_000)
    (tmp_path / "pager.ics").unlink()
    with open_store(tmp_path / "store.db") as store:
        assert (fetch_feeds(config), kept_feeds(store, config)) == ({}, {"pager": FEED})
        (check,) = check_feeds(store, config, {})
        assert not check.fine
        assert "1970-01-01T00:00:01Z" in check.what


def test_a_feed_made_anew_that_says_the_same_is_not_kept_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        for second in range(3):
            keep_feeds(store, {"pager": FEED.replace(b"000000Z", b"00000%dZ" % second)}, second)
        keep_feeds(store, {"pager": FEED.replace(b"ann", b"ben")}, 9)
        assert [text.at for text in store.texts.history("feeds/pager.ics")] == [0, 9]


def test_a_feed_never_read_is_said_so(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        (check,) = check_feeds(store, _config(tmp_path), {})
        assert "nobody is on duty by it" in check.what
