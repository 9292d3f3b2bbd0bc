"""What the scripts that drive a daemon with OpenMeter's client share: events, the client's errors, and an answer of its own.

Nothing here asks meterd what is right: windows come from Python's zoneinfo, sums from its Decimal.
"""

import datetime
import decimal
import json
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

from corehttp.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
)
from corehttp.rest import HttpRequest

UTC = datetime.timezone.utc
# Enough for every sum of exact decimals.
decimal.getcontext().prec = 100


class Wrong(Exception):
    """The daemon did something else than it should."""


def check(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what}\n  found  {found!r}\n  wanted {wanted!r}")


def refused(what, status, kind, call, *arguments, **options):
    """The call fails with this status as this exception of the client, and the problem document says why."""
    try:
        answer = call(*arguments, **options)
    except HttpResponseError as error:
        check(f"{what}: status", error.status_code, status)
        check(f"{what}: exception", type(error).__name__, kind)
        document = json.loads(error.response.text())
        check(f"{what}: content type", error.response.headers["content-type"], "application/problem+json")
        check(f"{what}: document", document["status"], status)
        if not document["detail"] or not document["instance"].startswith("urn:request:"):
            raise Wrong(f"{what}: {document}")
        return document
    raise Wrong(f"{what}: was not refused but answered with {answer!r}")


def moment(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


NOON = moment(2025, 6, 7, 12)


def event(id, type, subject, time=None, data=None, source="example/client"):
    made = {"specversion": "1.0", "id": str(id), "source": source, "type": type, "subject": subject}
    if time is not None:
        made["time"] = time
    if data is not None:
        made["data"] = data
    return made


def send(client, method, path, body=None, **parameters):
    """Asks for what is meterd's own, over the client's connection and with its token; fails as the client does."""
    options = {"json": body} if body is not None else {}
    url = client._config.endpoint + path
    response = client.send_request(HttpRequest(method, url, params=parameters, **options))
    if response.status_code >= 400:
        kinds = {401: ClientAuthenticationError, 404: ResourceNotFoundError, 409: ResourceExistsError}
        raise kinds.get(response.status_code, HttpResponseError)(response=response)
    return response


def ask(client, path, **parameters):
    return send(client, "GET", path, **parameters).json()


def exact(call, *arguments, **options):
    """A query's rows with numbers as they stand in the answer, digit by digit."""
    text = call(*arguments, cls=lambda pipeline, _, __: pipeline.http_response.text(), **options)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)["data"]


def eventually(what, condition, seconds=60):
    """Asks until the answer is yes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    raise Wrong(f"waited in vain for {what}")


def window(moment, size, zone):
    """Where a moment's window begins and ends, in UTC, by Python's own calendar."""
    local = moment.astimezone(zone)
    if size in ("MINUTE", "HOUR"):
        length = datetime.timedelta(minutes=1 if size == "MINUTE" else 60)
        into = datetime.timedelta(
            minutes=local.minute if size == "HOUR" else 0, seconds=local.second, microseconds=local.microsecond
        )
        return moment - into, moment - into + length
    day = local.date() if size == "DAY" else local.date().replace(day=1)
    after = day + datetime.timedelta(days=1 if size == "DAY" else 31)
    if size == "MONTH":
        after = after.replace(day=1)
    # `fold` 0 is the first of two midnights; of one that is skipped it gives the moment the clocks move.
    begin, end = (datetime.datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (day, after))
    return begin, end


def windows(events, size, zone):
    """Sums by window: what a meter of `value` answers for these events."""
    sums = {}
    for one in events:
        bounds = window(one["time"], size, ZoneInfo(zone))
        sums[bounds] = sums.get(bounds, Decimal(0)) + Decimal(one["data"]["value"])
    return sums


def rows_by_window(rows):
    return {(read(row["windowStart"]), read(row["windowEnd"])): row["value"] for row in rows}


def read(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
