"""Where the link of a message leads: a page for anybody, which tells nobody anything."""

from __future__ import annotations

from html import unescape
from urllib.parse import quote

from web_world import World

NAME = "acme/fix/INC%2F1/desk:f1/0"


def test_the_page_says_how_to_take_the_clock_and_asks_no_store(world: World) -> None:
    with world.failing("lost"):
        shown = world.client.get(f"/clocks/{quote(NAME)}")
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("text/html")
    assert "<dd>INC/1</dd>" in shown.text
    assert "upheld acknowledge acme/fix/INC%2F1/desk:f1 --by YOU" in shown.text
    assert "/api/v1/clocks/acme/fix/INC%2F1/desk%3Af1/acknowledge" in shown.text
    assert "script" not in shown.text


def test_what_a_name_holds_is_text_and_never_a_command(world: World) -> None:
    shown = world.client.get("/clocks/" + quote("acme/fix/<b>';rm -rf x/desk:f1/0", safe="/"))
    assert "<b>" not in shown.text
    assert "'acme/fix/<b>'\"'\"';rm -rf x/desk:f1'" in unescape(shown.text)


def test_an_address_that_names_no_clock_is_not_there(world: World) -> None:
    assert [world.client.get(f"/clocks/{path}").status_code for path in ("", "x", "a/b/c", "a/b/c/d/e/f", "/b/c/d")] == [404] * 5
