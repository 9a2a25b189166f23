# %% reference
import datetime as dt
import email.utils
import random
import time

import requests


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    """What fn() returns; temporary errors are tried again, politely and in time."""
    ends = time.monotonic() + deadline
    for number in range(1, tries + 1):
        try:
            return fn()
        except (requests.RequestException, requests.exceptions.JSONDecodeError) as error:
            asked = wait_asked_for(error)
            wait = asked + random.uniform(0, min(60, 2 ** number))
            late = time.monotonic() + max(wait, 0) > ends
            if not passes(error) or number == tries or late:
                raise
        time.sleep(max(wait, 0))


def passes(error):
    """Whether another try may go better."""
    if isinstance(error, requests.HTTPError):
        return error.response.status_code in (429, 500, 502, 503, 504)
    return isinstance(error, (
        requests.ConnectionError, requests.Timeout,
        requests.exceptions.ChunkedEncodingError, requests.exceptions.JSONDecodeError,
    ))


def wait_asked_for(error):
    """Seconds from now that Retry-After asks for, 0 where it says nothing."""
    header = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    if header.isdigit():
        return int(header)
    if not header:
        return 0
    until = email.utils.parsedate_to_datetime(header)
    return max(0, (until - dt.datetime.now(dt.timezone.utc)).total_seconds())

# %% other: tenacity (retry_if_exception, custom wait, reraise)
import email.utils
import time

import requests
import tenacity


def passing(error):
    if isinstance(error, requests.HTTPError):
        return error.response.status_code in {429, 500, 502, 503, 504}
    return isinstance(error, (requests.ConnectionError, requests.Timeout,
                              requests.exceptions.ChunkedEncodingError,
                              requests.exceptions.JSONDecodeError))


class Polite(tenacity.wait.wait_base):
    backoff = tenacity.wait_random_exponential(multiplier=2, max=30)

    def __call__(self, retry_state):
        error = retry_state.outcome.exception()
        response = getattr(error, "response", None)
        header = response.headers.get("Retry-After") if response is not None else None
        if header is None:
            return self.backoff(retry_state)
        if header.isdigit():
            return int(header)
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(passing),
        wait=Polite(),
        stop=tenacity.stop_after_attempt(tries) | tenacity.stop_before_delay(deadline),
        reraise=True,
    )
    return retrying(fn)

# %% other: stamina (a hook that returns the wait)
import random
import time
from email.utils import parsedate_to_datetime

import requests
import stamina
import stamina.instrumentation

stamina.instrumentation.set_on_retry_hooks([])
AGAIN = {429, 500, 502, 503, 504}
PASSING = (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
           requests.exceptions.ChunkedEncodingError)


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    started, failed = time.monotonic(), 0

    def hook(error):
        nonlocal failed
        failed += 1
        header = None
        if isinstance(error, requests.HTTPError):
            if error.response.status_code not in AGAIN:
                return False
            header = error.response.headers.get("Retry-After")
        elif not isinstance(error, PASSING):
            return False
        wait = random.uniform(0.5, 1.5) * min(1.7 ** failed, 40)
        if header and header.strip().isdigit():
            wait = float(header)
        elif header:
            wait = max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
        if time.monotonic() - started + wait > deadline:
            return False
        return wait

    for attempt in stamina.retry_context(on=hook, attempts=tries, timeout=None):
        with attempt:
            return fn()

# %% other: urllib3's Retry keeps the count, a generator gives the waits
import random
import time

import requests
from urllib3.util import Retry


def backoff(first=1.0, most=30.0):
    wait = first
    while True:
        yield wait + random.random() * wait
        wait = min(most, wait * 2)


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    reader = Retry(status_forcelist=(500, 502, 504))
    reader.RETRY_AFTER_STATUS_CODES = frozenset({429, 503})  # its own have 413, too
    begun = time.perf_counter()
    waits = backoff()
    left = tries
    while True:
        left -= 1
        try:
            return fn()
        except requests.HTTPError as error:
            status, header = error.response.status_code, error.response.headers.get("retry-after")
            if left == 0 or not reader.is_retry("GET", status, True):
                raise
            wait = next(waits)
            if header is not None:
                wait = max(wait, reader.parse_retry_after(header))
            if time.perf_counter() - begun + wait > deadline:
                raise
        except (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                requests.exceptions.ChunkedEncodingError):
            wait = next(waits)
            if left == 0 or time.perf_counter() - begun + wait > deadline:
                raise
        time.sleep(wait)

# %% other: full jitter, recursion
import random
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from time import monotonic, sleep

from requests.exceptions import (
    ChunkedEncodingError, ConnectionError, HTTPError, JSONDecodeError, Timeout,
)


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    return attempt(fn, tries, monotonic() + deadline, 1)


def attempt(fn, left, until, base):
    try:
        return fn()
    except (HTTPError, ConnectionError, Timeout, ChunkedEncodingError, JSONDecodeError) as error:
        if isinstance(error, HTTPError):
            if error.response.status_code not in (429, 500, 502, 503, 504):
                raise
        pause = random.uniform(0, base)
        asked = (error.response.headers.get("Retry-After") if error.response is not None else None)
        if asked:
            try:
                seconds = float(asked)
            except ValueError:
                seconds = (parsedate_to_datetime(asked) - datetime.now(timezone.utc)).total_seconds()
            pause += max(seconds, 0)
        if left <= 1 or monotonic() + pause > until:
            raise
    sleep(pause)
    return attempt(fn, left - 1, until, min(base * 2, 32))

# %% other: decorrelated jitter, waits on an event
import calendar
import email.utils
import random
import threading
import time

import requests

CAP = 25


def allowed_at(response):
    told = response.headers.get("Retry-After") if response is not None else None
    if not told:
        return 0
    if told.isnumeric():
        return time.time() + int(told)
    return calendar.timegm(email.utils.parsedate(told))


@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    never = threading.Event()
    end = time.time() + deadline
    previous = 1.0
    cause = None
    for n in range(tries):
        try:
            return fn()
        except requests.exceptions.HTTPError as error:
            if error.response.status_code not in (429, 500, 502, 503, 504):
                raise
            cause, response = error, error.response
        except requests.exceptions.RequestException as error:
            if isinstance(error, (requests.exceptions.InvalidURL, requests.TooManyRedirects)):
                raise
            cause, response = error, None
        previous = min(CAP, random.uniform(1, previous * 3))
        at = max(time.time() + previous, allowed_at(response))
        if at > end or n == tries - 1:
            break
        never.wait(at - time.time())
    raise cause
