"""Asks an assistant of one's own for SQL: any endpoint that speaks OpenAI's chat completions.

Off unless ASSISTANT_URL is set, to the address before `/chat/completions`. ASSISTANT_MODEL names
the model; ASSISTANT_KEY goes out as a bearer token and is never shown.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from workbook import UsageError

URL, MODEL, KEY = "ASSISTANT_URL", "ASSISTANT_MODEL", "ASSISTANT_KEY"
PATIENCE = 60.0  # seconds
LARGEST = 1_000_000  # bytes of a reply
FENCED = re.compile(r"```[a-z]*\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
SYSTEM = "Answer with one SELECT for DuckDB in a code block, and nothing else."


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def written(task: str, context: str, environ: Mapping[str, str] = os.environ) -> str:
    """The SQL that the assistant writes; raises UsageError in one line."""
    url = environ.get(URL, "").rstrip("/")
    if not url:
        raise UsageError(f"no assistant is set: give its address in {URL}, or paste its SQL")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UsageError(f"{URL} is not an address that begins with http:// or https://")
    body = {
        "model": environ.get(MODEL, "default"),
        "temperature": 0,
        "messages": [
            {"role": "system", "content": f"{SYSTEM}\n\n{context}"},
            {"role": "user", "content": task},
        ],
    }
    return _sql_in(_content(_reply(url, json.dumps(body).encode(), environ.get(KEY, ""))))


def _reply(url: str, body: bytes, key: str) -> bytes:
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {key}"} if key else {}
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        request = urllib.request.Request(f"{url}/chat/completions", body, headers)
        with opener.open(request, timeout=PATIENCE) as response:
            found: bytes = response.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise UsageError(f"the assistant answered {error.code}; see {URL} and {KEY}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or type(error).__name__
        raise UsageError(f"the assistant cannot be reached: {why}") from None
    if len(found) > LARGEST:
        raise UsageError(f"the assistant's reply is longer than {LARGEST:,} bytes")
    return found


def _content(reply: bytes) -> str:
    try:
        told = json.loads(reply)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        told = None
    if not isinstance(told, str) or not told.strip():
        raise UsageError("the assistant's reply is not that of chat completions")
    return told


def _sql_in(text: str) -> str:
    """The first code block, or all of it."""
    found = FENCED.search(text)
    return (found[1] if found else text).strip()
