"""The body of a request, read in pieces and never beyond its limits.

Law: size is refused before anything is parsed, whatever Content-Length says; packed bodies have a cap on what they unpack to; who sends too
slowly, be it a byte at a time, is let go.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from upheld.web.problems import Problem

__all__ = ["ACCEPTED", "BINARY", "CLOUD", "CLOUD_BATCH", "JSON", "LINES", "Limits", "form_of", "lines_of", "whole_body"]

JSON, LINES, CLOUD, CLOUD_BATCH, BINARY = "json", "lines", "cloudevent", "cloudevents", "cloudevent-binary"
_FORMS = {
    "application/json": JSON, "application/x-ndjson": LINES, "application/jsonl": LINES, "application/cloudevents+json": CLOUD,
    "application/cloudevents-batch+json": CLOUD_BATCH,
}
ACCEPTED = ", ".join(_FORMS)


@dataclass(frozen=True, slots=True)
class Limits:
    """``body``, ``stream``, ``line``: bytes. ``rows``, ``stream_rows``: facts a request. ``pause_s``: the longest silence while sending.
    ``whole_s``: how long a body may take from its first to its last byte, and a second more for every ``pace`` bytes that came.
    ``ratio``: how many times larger than it was sent a packed body may become.
    """

    body: int = 8 * 2**20
    stream: int = 64 * 2**20
    line: int = 64 * 2**10
    rows: int = 10_000
    stream_rows: int = 100_000
    pause_s: float = 10.0
    whole_s: float = 30.0
    pace: int = 16 * 2**10
    ratio: int = 100


def form_of(request: Request) -> str:
    """In which form the facts come. Raises ``Problem`` 415."""
    given = request.headers.getlist("content-type")
    kind, *parameters = (given[0] if len(given) == 1 else "").split(";")
    form = _FORMS.get(kind.strip().lower())
    said = [text.strip().strip('"').lower() for name, _, text in (one.partition("=") for one in parameters)
            if name.strip().lower() == "charset"]
    if form is None and not given and "ce-specversion" in request.headers:
        return BINARY  # an event without data has no type of data (CloudEvents HTTP binding 1.0.2, section 3.1.1)
    if form is None or any(charset not in ("utf-8", "utf8") for charset in said):
        what = f"a body of {kind.strip()[:60]} is not read here" if form is None and kind.isascii() and kind.isprintable() and kind else \
            "a body in another charset than UTF-8 is not read here" if form else "the body has no Content-Type"
        raise Problem(415, "content-type", what, f"send one of {ACCEPTED}, in UTF-8", headers={"Accept-Post": ACCEPTED})
    return BINARY if form == JSON and "ce-specversion" in request.headers else form


async def whole_body(request: Request, limits: Limits, most: int = 0) -> bytes:
    """All of a body. Raises ``Problem`` 408, 413, 415."""
    return b"".join([piece async for piece in _unpacked(request, most or limits.body, limits)])


async def lines_of(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The lines of a stream as they come, blank ones too. Raises ``Problem`` 408, 413, 415."""
    rest = b""
    async for piece in _unpacked(request, limits.stream, limits):
        first, *more = piece.split(b"\n")
        if more:
            yield rest + first
            for line in more[:-1]:
                yield line
            rest = more[-1]
        else:
            rest += first
        if len(rest) > limits.line:
            raise _too_large(f"a line has more than {limits.line:,} bytes")
    yield rest


async def _unpacked(request: Request, most: int, limits: Limits) -> AsyncIterator[bytes]:
    packing = request.headers.get("content-encoding", "").strip().lower() or "identity"
    if packing not in ("identity", "gzip"):
        raise Problem(415, "content-encoding", "the body is packed in a way that is not read here", "send it plain or gzip",
                      headers={"Accept-Encoding": "gzip"})
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    came = total = 0
    async for piece in _pieces(request, most, limits):
        came += len(piece)
        if unpack is None:
            total, out = total + len(piece), piece
        else:
            try:
                out = unpack.decompress(piece, most - total + 1)
            except zlib.error:
                raise Problem(400, "bad-gzip", "the body is no gzip, or a damaged one") from None
            total += len(out)
            if total > max(came * limits.ratio, 2**20):
                raise _too_large(f"the body unpacks to more than {limits.ratio} times its size")
        if total > most:
            raise _too_large(f"the body has more than {most:,} bytes")
        yield out
    if unpack is not None and (not unpack.eof or unpack.unused_data):
        raise Problem(400, "bad-gzip", "the gzip body ends early, or something follows it", "send it again")


async def _pieces(request: Request, most: int, limits: Limits) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:19]) > most:
        raise _too_large(f"the body has more than {most:,} bytes")
    stream = request.stream().__aiter__()
    begun, came = time.monotonic(), 0
    while True:
        left = begun + limits.whole_s + came / limits.pace - time.monotonic()
        try:
            async with asyncio.timeout(min(limits.pause_s, left)):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            what = f"nothing came for {limits.pause_s:g} seconds" if left > limits.pause_s else \
                f"{came:,} bytes came in {limits.whole_s + came / limits.pace:.0f} seconds, and the body is not whole"
            raise Problem(408, "too-slow", f"{what}: nothing was recorded", "send it quicker, or in smaller parts") from None
        except ClientDisconnect:
            raise Problem(400, "cut-off", "the connection was cut before the body was whole: nothing was recorded") from None
        if piece:
            came += len(piece)
            yield piece


def _too_large(detail: str) -> Problem:
    # the connection is not closed at once: who is still sending would see it broken, and not the answer (``connection`` waits a while)
    return Problem(413, "too-large", detail, "send less at once; the same facts may be sent again")
