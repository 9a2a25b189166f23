# %% other: a for loop, exponential with jitter behind the cap
@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    """What fn() returns; tried again where it fails."""
    import email.utils
    import random
    import time

    import requests

    def temporary(error):
        if isinstance(error, requests.HTTPError):
            return error.response is not None and error.response.status_code in (429, 500, 502, 503, 504)
        return isinstance(error, (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                                  requests.exceptions.ChunkedEncodingError,
                                  requests.exceptions.ContentDecodingError))

    def retry_after(error):
        """Seconds from now, or 0 if the answer says nothing."""
        response = getattr(error, "response", None)
        text = "" if response is None else (response.headers.get("Retry-After") or "").strip()
        if not text:
            return 0
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0

    start = time.monotonic()
    for number in range(1, tries + 1):
        try:
            return fn()
        except Exception as error:
            if number == tries or not temporary(error):
                raise
            left = deadline - (time.monotonic() - start)
            wait = retry_after(error)
            if wait <= 0:
                wait = random.uniform(0.5, 1) * min(60, 2 ** number)
            if wait > left:
                raise
            time.sleep(wait)

# %% other: tenacity with own wait and stop
@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    """What fn() returns; tried again where it fails."""
    import datetime as dt
    from email.utils import parsedate_to_datetime
    from time import time as clock

    import requests
    import tenacity

    own = tenacity.wait_random_exponential(multiplier=2, min=0.5, max=60)

    def again(error):
        response = getattr(error, "response", None)
        if type(error) is requests.HTTPError or isinstance(error, requests.HTTPError):
            return response is not None and response.status_code in {429, 500, 502, 503, 504}
        return isinstance(error, (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                                  requests.exceptions.ChunkedEncodingError))

    def pause(state):
        response = getattr(state.outcome.exception(), "response", None)
        asked = response.headers.get("Retry-After") if response is not None else None
        if asked is not None:
            try:
                seconds = int(asked) if asked.strip().isdigit() else parsedate_to_datetime(asked).timestamp() - clock()
                if seconds > 0:
                    return seconds
            except (TypeError, ValueError):
                pass
        return own(state)

    def too_late(state):
        return state.seconds_since_start + state.upcoming_sleep > deadline

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(again),
        wait=pause,
        stop=tenacity.stop_any(tenacity.stop_after_attempt(tries), too_late),
        reraise=True,
    )(fn)

# %% other: while loop, generator with decorrelated jitter, helper names below the function
@lab.exercise("call-with-retry")
def call_with_retry(fn, tries, deadline):
    """What fn() returns; tried again where it fails."""
    clock = Clock(deadline)
    pauses = own_pauses(tries - 1)
    while True:
        try:
            result = fn()
        except (requests.HTTPError, requests.ConnectionError, requests.Timeout,
                requests.JSONDecodeError, requests.exceptions.ChunkedEncodingError) as error:
            pause = next(pauses, None)
            if pause is None or not is_temporary(error):
                raise
            server = asked_to_wait(error, clock)
            if not clock.fits(server if server else pause):
                raise
            time.sleep(server if server else pause)
        else:
            return result


import random
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests


class Clock:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def fits(self, pause):
        return time.monotonic() + pause <= self.end

    def until(self, moment):
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.timestamp() - time.time()


def own_pauses(count):
    """Decorrelated jitter: each pause is drawn between a second and three times the last one."""
    last = 1.0
    for _ in range(count):
        last = random.uniform(1.0, min(60.0, max(3.0, last * 3)))
        yield last


def is_temporary(error):
    if isinstance(error, requests.HTTPError):
        return getattr(error.response, "status_code", None) in {429, 500, 502, 503, 504}
    return True


def asked_to_wait(error, clock):
    if error.response is None or "Retry-After" not in error.response.headers:
        return 0
    value = error.response.headers["Retry-After"].strip()
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(0.0, clock.until(parsedate_to_datetime(value)))
    except (TypeError, ValueError):
        return 0
