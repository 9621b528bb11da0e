"""The one way out: every inner address, odd number and trick in an address is refused; what is allowed by name arrives as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from service_sinks import Receiver

from upheld.service.addresses import refused_address
from upheld.service.egress import Egress, EgressError, target_of

INNER = """127.0.0.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.8
192.0.2.1 198.18.0.1 198.19.255.255 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 ::1 :: ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::127.0.0.1
64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001::1 2001:db8::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 100::1 4000::1
::ffff:0:127.0.0.1 nonsense""".split()
OUTER = "8.8.8.8 1.1.1.1 93.184.216.34 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450::1 11.0.0.1 9.255.255.255".split()


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_refused(address: str) -> None:
    assert refused_address(address)


@pytest.mark.parametrize("address", OUTER)
def test_outer_addresses_are_not(address: str) -> None:
    assert refused_address(address) == ""


@pytest.mark.parametrize(("url", "slug"), [
    ("http://example.com/", "scheme"), ("file:///etc/passwd", "host"), ("gopher://example.com/", "scheme"), ("ftp://example.com", "scheme"),
    ("https://user:pass@example.com/", "userinfo"), ("https://@example.com/", "userinfo"), ("https://example.com:22/", "port"),
    ("https://example.com:80/", "port"), ("https://127.1/", "numeric"), ("https://0177.0.0.1/", "numeric"), ("https://2130706433/", "numeric"),
    ("https://0x7f.1/", "numeric"), ("https://0x7f000001/", "numeric"),
    ("https://１２７.０.０.１/", "numeric"), ("https://127。0。0。1/", "numeric"),
    ("https://[::1]/", "numeric"), ("https://[::ffff:169.254.169.254]/", "numeric"), ("https://169.254.169.254/latest", "numeric"),
    ("https://127.0.0.1./", "numeric"), ("https://example.com/#@127.0.0.1", "url"), ("https://example.com\\@127.0.0.1/", "url"),
    ("https://exam ple.com/", "url"), ("https://example.com/\r\nHost: x", "url"),
    ("https://" + "a" * 3000 + ".com/", "url"),
    ("https:///path", "host"), ("https://example.com:99999/", "url"), ("https://ex*mple.com/", "host"), ("", "host"),
    ("//example.com/", "scheme"),
])
def test_addresses_that_are_not_called(url: str, slug: str) -> None:
    with pytest.raises(EgressError) as refused:
        target_of(url)
    assert refused.value.slug == slug
    assert not refused.value.sent


def test_what_may_be_called() -> None:
    assert target_of("https://Example.com/a?b=c").path == "/a?b=c"
    assert target_of("https://example.com:8443").port == 8443
    assert target_of("https://bücher.example/").host == "xn--bcher-kva.example"
    assert target_of("http://hooks.intranet:8080/x", ["hooks.intranet"]).free
    assert target_of("http://localhost:8080/x", ["localhost:8080"]).free
    with pytest.raises(EgressError):
        target_of("http://localhost:8081/x", ["localhost:8080"])


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:10.0.0.1"], []])
def test_a_name_at_an_inner_address_is_refused(found: list[str]) -> None:
    async def resolving(_host: str, _port: int) -> Sequence[str]:
        return found

    with pytest.raises(EgressError) as refused:
        asyncio.run(Egress(resolve=resolving).get("https://rebinding.example/"))
    assert refused.value.slug in ("private", "unresolved")


def test_a_name_is_resolved_once() -> None:
    """A name that answers well on the first look and badly on the second has no second look."""
    asked = []

    async def resolving(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with Receiver() as receiver:
        host = f"hooks.example:{receiver.port}"
        answer = asyncio.run(Egress((host,), resolving).post(f"http://{host}/a?b=1", b"{}", {"webhook-id": "k"}))
    assert answer.status == 200
    assert asked == ["hooks.example"]
    assert [(c.path, c.headers["host"], c.headers["webhook-id"], c.body) for c in receiver.calls] == [("/a?b=1", host, "k", b"{}")]


def test_a_redirect_is_not_followed() -> None:
    with Receiver(answers=[(302, {"Location": "http://169.254.169.254/"}, b"")]) as receiver:
        answer = asyncio.run(Egress(("localhost",)).get(f"http://localhost:{receiver.port}/"))
    assert answer.status == 302
    assert len(receiver.calls) == 1


def test_an_answer_without_end_is_cut() -> None:
    with Receiver(answers=[(200, {"Retry-After": "9999999"}, b"x" * 2_000_000)]) as receiver:
        answer = asyncio.run(Egress(("localhost",)).get(f"http://localhost:{receiver.port}/"))
    assert len(answer.text) == 64 * 1024
    assert answer.retry_after == 86_400


def test_a_receiver_that_never_answers_may_have_got_it() -> None:
    with Receiver(answers=["hang"]) as receiver, pytest.raises(EgressError) as slow:
        asyncio.run(Egress(("localhost",), seconds=0.3).post(f"http://localhost:{receiver.port}/", b"{}", {}))
    assert slow.value.sent


def test_nobody_there_is_told_in_words() -> None:
    with Receiver() as receiver:
        port = receiver.port
    with pytest.raises(EgressError, match="localhost cannot be reached") as gone:
        asyncio.run(Egress(("localhost",)).post(f"http://localhost:{port}/", b"{}", {}))
    assert not gone.value.sent
