"""Listed events, metrics, the portal, and what is meterd's own: ledger, conflicts, corrections."""

import csv
import datetime
import io

from corehttp.exceptions import ClientAuthenticationError
from openmeter import Client
from openmeter.models import MeterCreate, PortalToken

from openmeter_checks import NOON, UTC, Wrong, ask, check, event, eventually, moment, refused, send


def listed_events(client):
    client.meters.create(MeterCreate(slug="durations", aggregation="SUM", event_type="request", value_property="$.duration_ms"))
    bad = {
        "nothing": (None, "invalid event: null and missing value property"),
        "missing": ({}, 'missing value property: "$.duration_ms"'), "null": ({"duration_ms": None}, "value cannot be null"),
        "nan": ({"duration_ms": "NaN"}, "value cannot be NaN"),
        "infinity": ({"duration_ms": "Infinity"}, "value cannot be infinity"),
    }
    for id, (data, _) in bad.items():
        client.events.ingest_event(event(f"request-{id}", "request", "errors", data=data))
    client.events.ingest_event(event("request-good", "request", "errors", data={"duration_ms": 5}))
    listed = {one.event.id: one for one in client.events.list(subject="errors")}
    check("all were taken", set(listed), {f"request-{id}" for id in [*bad, "good"]})
    for id, (_, message) in bad.items():
        if message not in (listed[f"request-{id}"].validation_error or ""):
            raise Wrong(f"{id}: {listed[f'request-{id}'].validation_error!r} does not say {message!r}")
    check("nothing wrong with this one", listed["request-good"].validation_error, None)
    check("one of six counts", client.meters.query_json("durations").data[0].value, 5)
    good = listed["request-good"]
    check("its data", dict(good.event.data), {"duration_ms": 5})
    check("part of an id", [one.event.id for one in client.events.list(id="quest-inf")], ["request-infinity"])
    check("at most", len(client.events.list(subject="errors", limit=2)), 2)
    later = {"from_parameter": moment(2025, 6, 7, 11), "to": moment(2025, 6, 7, 12, 6)}
    times = [one.event.time for one in client.events.list(**later)]
    check("the latest first", times, sorted(times, reverse=True))
    check("arrived before it was sent", client.events.list(ingested_at_to=moment(2020, 1, 1)), [])
    check("arrived since", len(client.events.list(subject="errors", ingested_at_from=good.ingested_at)), 1)
    refused("too many", 400, "HttpResponseError", client.events.list, limit=101)
    refused("none", 400, "HttpResponseError", client.events.list, limit=0)
    refused("a range without length", 400, "HttpResponseError", client.events.list, from_parameter=NOON, to=NOON)
    refused("events of a customer", 400, "HttpResponseError", client.events.list, customer_id=["01G65Z755AFWAKHE12NY0CQ9FH"])


def debug_metrics(client):
    for n in range(3):
        client.events.ingest_event(event(f"today-{n}", "today", 'to "day"\\'))
    page = client.debug.metrics()
    line = 'openmeter_events_total{subject="to \\"day\\"\\\\"} 3'
    check("how many today", [found for found in page.splitlines() if "day" in found and not found.startswith("#")], [line])
    check("its end", page.splitlines()[-1], "# EOF")


def in_seconds(seconds):
    return (datetime.datetime.now(UTC) + datetime.timedelta(seconds=seconds)).isoformat()


def portal(client):
    subject = 'it\'s "客户" 50%/a'
    client.meters.create(
        MeterCreate(slug="seen", aggregation="COUNT", event_type="seen", group_by={"model": "$.model"})
    )
    client.meters.create(MeterCreate(slug="unseen", aggregation="COUNT", event_type="seen"))
    client.events.ingest_events(
        [event(f"seen-{n}", "seen", who, NOON, {"model": "m"}) for n, who in enumerate([subject, "other", subject])]
    )
    token = client.portal.portal_tokens.create(PortalToken(subject=subject, allowed_meter_slugs=["seen"]))
    check("whose token", [token.subject, token.allowed_meter_slugs, token.expired], [subject, ["seen"], False])
    if not token.expires_at > token.created_at:
        raise Wrong(f"a token from {token.created_at} to {token.expires_at}")
    endpoint = client._config.endpoint
    holder = Client(endpoint=endpoint, token=token.token)
    query = holder.portal.portal_meters.query_json
    check("its usage", [(row.subject, row.value) for row in query("seen").data], [(subject, 2)])
    windows = {"window_size": "DAY", "window_time_zone": "Asia/Tokyo"}
    rows = query("seen", group_by=["model"], filter_group_by={"model": "m"}, **windows).data
    check("in windows", [(row.subject, dict(row.group_by), row.value) for row in rows], [(subject, {"model": "m"}, 2)])
    text = holder.portal.portal_meters.query_csv("seen")
    check("as CSV", [row[2:] for row in csv.reader(io.StringIO(text, newline=""))], [["subject", "value"], [subject, "2"]])
    refused("another meter", 403, "HttpResponseError", query, "unseen")
    refused("another subject", 400, "HttpResponseError", query, "seen", params={"subject": "other"})
    everything = Client(endpoint=endpoint, token=client.portal.portal_tokens.create(PortalToken(subject="other")).token)
    check("any meter", everything.portal.portal_meters.query_json("unseen").data[0].value, 1)
    refused("a meter that is none", 404, "ResourceNotFoundError", everything.portal.portal_meters.query_json, "no_meter")
    refused("no token", 401, "ClientAuthenticationError", Client(endpoint=endpoint).portal.portal_meters.query_json, "seen")
    header, claims, signature = token.token.split(".")
    forged = Client(endpoint=endpoint, token=f"{header}.{claims}.{signature[::-1]}")
    refused("another's signature", 401, "ClientAuthenticationError", forged.portal.portal_meters.query_json, "seen")
    unsigned = Client(endpoint=endpoint, token=f"eyJhbGciOiJub25lIn0.{claims}.")
    refused("no signature", 401, "ClientAuthenticationError", unsigned.portal.portal_meters.query_json, "seen")
    soon = client.portal.portal_tokens.create({"subject": subject, "expiresAt": in_seconds(1)})
    short = Client(endpoint=endpoint, token=soon.token)

    def has_ended():
        try:
            short.portal.portal_meters.query_json("seen")
        except ClientAuthenticationError:
            return True

    eventually("the end of a token", has_ended)
    refused("a token for nobody", 400, "HttpResponseError", client.portal.portal_tokens.create, PortalToken(subject=""))
    for what, end in {"past": -60, "too far": 400 * 86400}.items():
        refused(f"an end that is {what}", 400, "HttpResponseError", client.portal.portal_tokens.create,
                {"subject": "a", "expiresAt": in_seconds(end)})
    refused("a meter that is none", 400, "HttpResponseError", client.portal.portal_tokens.create,
            PortalToken(subject="a", allowed_meter_slugs=["no_meter"]))


def ledger(client):
    source = "example/ledger"
    good = [event(f"l{n}", "in-ledger", "a", NOON, {"value": n}, source=source) for n in range(5)]
    client.meters.create(MeterCreate(slug="in_ledger", aggregation="SUM", event_type="in-ledger", value_property="$.value"))
    client.events.ingest_events(good + good[:2])
    client.events.ingest_event({**good[0], "data": {"value": 99}})
    client.events.ingest_event(event("l-bad", "in-ledger", "a", NOON, {"value": "x"}, source=source))
    client.events.ingest_event(event("l-other", "counted-by-nobody", "a", NOON, source=source))
    book = ask(client, "/api/v1/ledger")
    for line in book["lines"] + [book["totals"]]:
        check("what was received", line["received"], line["stored"] + line["rejected"])
        check("what was stored", line["stored"], sum(line[part] for part in ("counted", "duplicate", "unmatched", "invalid")))
    for part in book["totals"]:
        check(f"the sum of {part}", sum(line[part] for line in book["lines"]), book["totals"][part])
    lines = [line for line in book["lines"] if line["source"] == source]
    parts = ("received", "counted", "duplicate", "conflict", "unmatched", "invalid")
    check("one source", [[line[part] for part in parts] for line in lines], [[10, 5, 3, 1, 1, 1]])
    day = lines[0]["day"]
    check("another day", ask(client, "/api/v1/ledger", **{"from": "2001-01-01", "to": "2001-01-02"})["lines"], [])
    check("of a meter", [(line["day"], line["matched"], line["counted"], line["invalid"])
                         for line in ask(client, "/api/v1/ledger", meter="in_ledger")["lines"]], [(day, 6, 5, 1)])
    refused("half a range", 400, "HttpResponseError", ask, client, "/api/v1/ledger", **{"from": "2001-01-01"})
    refused("no meter", 404, "ResourceNotFoundError", ask, client, "/api/v1/ledger", meter="no_meter")


def conflicts(client):
    found = [c for c in ask(client, "/api/v1/conflicts") if c["second"]["event"]["source"] == "example/ledger"]
    check("both events", [(c["first"]["event"]["data"], c["second"]["event"]["data"], c["counts"]) for c in found],
          [({"value": 0}, {"value": 99}, "first")])
    check("their order", found[0]["firstSequence"] < found[0]["sequence"], True)
    check("a page", len(ask(client, "/api/v1/conflicts", limit=1)), 1)
    check("what stands behind the last", ask(client, "/api/v1/conflicts", before=0), [])


def corrections(client):
    """Voided and amended: totals, the events list, the ledger and the corrections all say so."""
    source = "example/corrections"
    slugs = {"SUM": "corrected_sum", "MAX": "corrected_max", "UNIQUE_COUNT": "corrected_unique", "LATEST": "corrected_latest"}
    for aggregation, slug in slugs.items():
        client.meters.create(MeterCreate(slug=slug, aggregation=aggregation, event_type="wrong", value_property="$.value"))

    def wrong(number, value):
        at = moment(2025, 6, 7, 12, number).isoformat()
        return event(f"w{number}", "wrong", "a", at, {"value": value}, source=source)

    client.events.ingest_events([wrong(0, 1), wrong(1, 2), wrong(2, 9)])

    def totals():
        return [int(client.meters.query_json(slug).data[0].value) for slug in slugs.values()]

    def correct(id, **rest):
        return send(client, "POST", "/api/v1/corrections", {"source": source, "id": id, "reason": "a test", **rest}).json()

    check("before", totals(), [12, 9, 3, 9])
    made = correct("w2")
    check("what it did", [made["kind"], made["applied"], sorted(made["meters"])], ["void", True, sorted(slugs.values())])
    check("voided", totals(), [3, 2, 2, 2])
    made = correct("w1", replacement=wrong(1, 1))
    check("what that did", made["kind"], "amend")
    check("amended", totals(), [2, 1, 1, 1])
    refused("voided twice", 409, "ResourceExistsError", correct, "w2")
    refused("what never was", 404, "ResourceNotFoundError", correct, "w77")
    refused("without a reason", 400, "HttpResponseError", correct, "w0", reason="")
    refused("a replacement that is no event", 400, "HttpResponseError", correct, "w0", replacement={"id": "w0"})
    listed = [one for one in client.events.list(from_parameter=moment(2025, 6, 7), id="w") if one.event.source == source]
    check("the list shows them", {one.event.id: [c["kind"] for c in one["corrections"]] for one in listed},
          {"w0": [], "w1": ["amend"], "w2": ["void"]})
    records = [record for record in ask(client, "/api/v1/corrections") if record["source"] == source]
    check("the latest first", [(record["id"], record["kind"], record["reason"]) for record in records],
          [("w1", "amend", "a test"), ("w2", "void", "a test")])
    line = next(line for line in ask(client, "/api/v1/ledger")["lines"] if line["source"] == source)
    check("the ledger too", [line["counted"], line["voided"], line["amended"]], [3, 1, 1])
