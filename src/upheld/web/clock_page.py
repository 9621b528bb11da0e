"""``/clocks/NAME``: where the link of a message leads: which clock it is, how to look at it and how to take it.

Law: it says nothing but what its own address says, and asks the store nothing: whoever guesses names learns nothing. How a clock stands is
told to who has a token, or sits at the workspace.
"""

from __future__ import annotations

import shlex
from html import escape
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from starlette.responses import Response

from upheld.web.problems import Problem
from upheld.web.query import path_parts

__all__ = ["router"]

router = APIRouter()
_STYLE = (":root{color-scheme:light dark}body{font:1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
          "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.1rem;margin:1.8rem 0 .3rem}p{margin:.4rem 0}"
          "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{opacity:.75}dd{margin:0}"
          "code{background:#8882;border-radius:4px;padding:.1em .3em}")
_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
            "referrer-policy": "no-referrer", "cache-control": "no-store"}


@router.get("/clocks/{clock:path}", include_in_schema=False)
async def clock_page(request: Request) -> Response:
    """A page without scripts. 404 where the address names no clock."""
    parts = path_parts(request, "/clocks/")
    if len(parts) not in (4, 5) or not parts[0] or not parts[1] or any(not p.isprintable() for p in parts):
        raise Problem(404, "unknown", "there is nothing here")
    name = "/".join(parts[:4])
    agreement, commitment, case, cycle = (escape(unquote(p)) for p in parts[:4])
    told, asked = escape(shlex.quote(name)), escape(shlex.quote(unquote(parts[1])))
    path = "/".join(quote(unquote(p), safe="") for p in parts[:4])
    url = escape(f"{request.app.state.parts.config.server.url.rstrip('/')}/api/v1/clocks/{path}/acknowledge")
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{commitment} {case or cycle}</title>
<style>{_STYLE}</style></head><body>
<h1>{commitment} {case or cycle}</h1>
<dl><dt>Agreement</dt><dd>{agreement}</dd><dt>Promise</dt><dd>{commitment}</dd>
<dt>Case</dt><dd>{case or "-"}</dd><dt>Begun by</dt><dd>{cycle}</dd></dl>
<h2>How it stands</h2>
<p>At the workspace: <code>upheld clocks {asked}</code></p>
<h2>Take it</h2>
<p>What repeats waits then; the clock runs on. At the workspace: <code>upheld acknowledge {told} --by YOU</code></p>
<p>With a token (scope <code>acknowledge</code>): <code>curl -X POST -H "Authorization: Bearer $TOKEN" {url}</code></p>
</body></html>
"""
    return Response(page.encode(), media_type="text/html; charset=utf-8", headers=_HEADERS)
