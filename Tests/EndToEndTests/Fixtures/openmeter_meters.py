"""Events in, and meters: made, shown, changed, deleted, counted from the log."""

from decimal import Decimal

from openmeter.models import Event, MeterCreate, Metadata, MeterUpdate

from openmeter_checks import NOON, Wrong, check, event, eventually, exact, moment, refused


def ingest(client):
    check("one event", client.events.ingest_event(Event(event(1, "in", "a", NOON, {"value": 1}))), None)
    check("a dictionary", client.events.ingest_event(event(2, "in", "a", NOON)), None)
    check("a batch", client.events.ingest_events([event(3, "in", "a", NOON), event(4, "in", "b", NOON)]), None)
    check("as JSON", client.events.ingest_events_json(Event(event(5, "in", "a", NOON))), None)
    check("some as JSON", client.events.ingest_events_json([Event(event(n, "in", "a")) for n in (6, 7)]), None)
    wrong = [event(8, "in", "a"), {**event(9, "in", "a"), "time": "yesterday"}, event(10, "in", "")]
    document = refused("a batch with bad events", 400, "HttpResponseError", client.events.ingest_events, wrong)
    errors = document["extensions"]["validationErrors"]
    check("what is wrong", [(e["index"], e["attribute"]) for e in errors], [(1, "time"), (2, "subject")])
    refused("an array as data", 400, "HttpResponseError", client.events.ingest_event, event(11, "in", "a", data=[1]))
    listed = client.events.list(from_parameter=moment(2025, 1, 1), id="", limit=100)
    check("what is there", {e.event.id for e in listed if e.event.type == "in"}, {str(n) for n in range(1, 8)})


def meters(client):
    made = client.meters.create(
        MeterCreate(
            slug="tokens", name="Tokens", description="What models read", aggregation="SUM", event_type="prompt",
            event_from=moment(2024, 1, 1), value_property="$.value", group_by={"model": "$.model", "kind": "$['the kind']"},
            metadata=Metadata({"team": "a"}),
        )
    )
    shown = client.meters.get("tokens")
    check("the meter made and the meter shown", dict(shown), dict(made))
    check("by its id", client.meters.get(made.id).slug, "tokens")
    check("its fields", [shown.name, shown.aggregation, shown.event_type, shown.event_from, shown.value_property],
          ["Tokens", "SUM", "prompt", moment(2024, 1, 1), "$.value"])
    check("its dimensions", dict(shown.group_by), {"kind": "$['the kind']", "model": "$.model"})
    check("its metadata", dict(shown.metadata), {"team": "a"})
    check("its owner", shown["owner"], "api")
    refused("the same slug", 409, "ResourceExistsError", client.meters.create,
            MeterCreate(slug="tokens", aggregation="COUNT", event_type="other"))
    changed = client.meters.update(
        "tokens", MeterUpdate(name="Words", description="", group_by=shown.group_by, metadata=Metadata({}))
    )
    check("what changed", [changed.name, dict(changed.metadata), changed.slug], ["Words", {}, "tokens"])
    check("by the id", client.meters.update(made.id, MeterUpdate(name="Tokens")).name, "Tokens")
    slugs = [meter.slug for meter in client.meters.list()]
    check("the list", sorted(slugs), ["configured", "tokens"])
    check("in order", [m.slug for m in client.meters.list(order="DESC", order_by="key")], ["tokens", "configured"])
    check("a page", [m.slug for m in client.meters.list(page=2, page_size=1, order="ASC", order_by="key")], ["tokens"])
    check("deleted ones too", len(client.meters.list(include_deleted=True)), 2)
    client.meters.create(MeterCreate(slug="passing", aggregation="COUNT", event_type="passing"))
    check("deleted", client.meters.delete("passing"), None)
    refused("what is gone", 404, "ResourceNotFoundError", client.meters.get, "passing")
    refused("deleting it again", 404, "ResourceNotFoundError", client.meters.delete, "passing")
    refused("a query of it", 404, "ResourceNotFoundError", client.meters.query_json, "passing")


def meter_rules(client):
    create, error = client.meters.create, "HttpResponseError"
    for what, meter in {
        "a slug with a blank": MeterCreate(slug="a b", aggregation="COUNT", event_type="x"),
        "a sum of nothing": MeterCreate(slug="a", aggregation="SUM", event_type="x"),
        "a count of a value": MeterCreate(slug="a", aggregation="COUNT", event_type="x", value_property="$.a"),
        "an aggregation that is none": MeterCreate(slug="a", aggregation="MODE", event_type="x", value_property="$.a"),
        "no event type": MeterCreate(slug="a", aggregation="COUNT", event_type=""),
        "a path of many places": MeterCreate(slug="a", aggregation="SUM", event_type="x", value_property="$..a"),
        "a dimension called subject": MeterCreate(slug="a", aggregation="COUNT", event_type="x", group_by={"subject": "$.a"}),
        "a dimension of the value": MeterCreate(
            slug="a", aggregation="SUM", event_type="x", value_property="$.a", group_by={"b": "$['a']"}
        ),
        "a name too long": MeterCreate(slug="a", aggregation="COUNT", event_type="x", name="n" * 257),
        "a member that is none": {"slug": "a", "aggregation": "COUNT", "eventType": "x", "groupby": {}},
    }.items():
        refused(what, 400, error, create, meter)
    # What the configuration has is only read over the API, whatever is asked.
    check("its owner", client.meters.get("configured")["owner"], "configuration")
    refused("its slug", 409, "ResourceExistsError", create, MeterCreate(slug="configured", aggregation="COUNT", event_type="x"))
    refused("its change", 409, "ResourceExistsError", client.meters.update, "configured", MeterUpdate(name="Mine"))
    refused("its end", 409, "ResourceExistsError", client.meters.delete, "configured")
    refused("no meter's change", 404, "ResourceNotFoundError", client.meters.update, "no_meter", MeterUpdate(name="Mine"))
    refused("an unchangeable field", 400, error, client.meters.update, "tokens", {"aggregation": "MAX"})


def aggregations(client):
    """Exact decimals: 0.1 and 0.2 make 0.3, and 36 digits stay 36 digits."""
    values = ["0.1", "0.2", "123456789012345678.000000000000000001", "-3", 7, "7"]
    expected = {
        "SUM": Decimal("123456789012345689.300000000000000001"), "COUNT": Decimal(6), "UNIQUE_COUNT": Decimal(5),
        "MIN": Decimal(-3), "MAX": Decimal("123456789012345678.000000000000000001"), "LATEST": Decimal(7),
    }
    for name in [*expected, "AVG"]:
        value = {} if name == "COUNT" else {"value_property": "$.value"}
        client.meters.create(MeterCreate(slug=f"all_{name.lower()}", aggregation=name, event_type="all", **value))
    client.events.ingest_events(
        [event(f"all-{n}", "all", "a", moment(2025, 6, 7, 12, n), {"value": value}) for n, value in enumerate(values)]
    )
    for name, value in expected.items():
        check(name, [row["value"] for row in exact(client.meters.query_json, f"all_{name.lower()}")], [value])
    average = exact(client.meters.query_json, "all_avg")[0]["value"]
    check("AVG", abs(average - expected["SUM"] / 6) < Decimal("1e-18"), True)
    check("a double of it", client.meters.query_json("all_sum").data[0].value, float(expected["SUM"]))
    range_ = {"from_parameter": moment(2020, 1, 1), "to": moment(2020, 2, 1)}
    check("nothing counted", client.meters.query_json("all_count", **range_).data[0].value, 0)
    check("nothing summed", client.meters.query_json("all_sum", **range_).data, [])


def more_aggregations(client):
    """What meterd has beyond OpenMeter: filters, percentiles with a stated error, levels over time."""
    for name in ("P50", "P90", "P95", "P99"):
        client.meters.create(
            MeterCreate(slug=f"took_{name.lower()}", aggregation=name, event_type="took", value_property="$.seconds")
        )
    client.meters.create(
        {
            "slug": "took_here", "aggregation": "COUNT", "eventType": "took", "groupBy": {"region": "$.region"},
            "filters": {"region": {"$in": ["here", "near"]}, "$.seconds": {"$ne": "1"}},
        }
    )
    client.events.ingest_events(
        [
            event(f"took-{n}", "took", "a", NOON, {"seconds": n, "region": "here" if n % 2 else "there"})
            for n in range(1, 1001)
        ]
    )
    for name, truth in {"p50": 500, "p90": 900, "p95": 950, "p99": 990}.items():
        found = client.meters.query_json(f"took_{name}").data[0].value
        if not truth * 0.99 < found <= truth:
            raise Wrong(f"{name} of 1 to 1000 is {found}")
    check("only those the filters let through", client.meters.query_json("took_here").data[0].value, 499)
    client.meters.create(
        MeterCreate(slug="stored", aggregation="WEIGHTED_SUM", event_type="stored", value_property="$.gigabytes")
    )
    levels = [(moment(2025, 6, 7, 0), 10), (moment(2025, 6, 7, 6), 4), (moment(2025, 6, 8, 12), 0)]
    client.events.ingest_events(
        [event(f"stored-{n}", "stored", "a", at, {"gigabytes": level}) for n, (at, level) in enumerate(levels)]
    )
    rows = exact(client.meters.query_json, "stored", window_size="DAY")
    check("gigabyte-hours by day", [row["value"] for row in rows][:2], [Decimal(10 * 6 + 4 * 18), Decimal(4 * 12)])


def backfill(client):
    """A new meter counts what is in the log already."""
    client.events.ingest_events(
        [event(f"before-{n}", "before", f"s{n % 3}", NOON, {"value": "0.1"}) for n in range(1000)]
        + [event("before-0", "before", "s0", NOON, {"value": "0.1"})]
    )
    meter = MeterCreate(slug="afterwards", aggregation="SUM", event_type="before", value_property="$.value", group_by={})
    client.meters.create(meter, params={"backfill": "true"})
    eventually("the backfill", lambda: client.meters.get("afterwards")["backfill"]["state"] == "done")
    client.events.ingest_event(event("before-last", "before", "s0", NOON, {"value": "0.1"}))
    check("all of them, each once", [row["value"] for row in exact(client.meters.query_json, "afterwards")], [Decimal("100.1")])
    client.meters.create(MeterCreate(slug="from_now_on", aggregation="COUNT", event_type="before"))
    check("without it nothing", client.meters.query_json("from_now_on").data[0].value, 0)


def regrouping(client):
    """Other dimensions count anew from the log."""
    client.events.ingest_events(
        [event(f"again-{n}", "again", "a", NOON, {"one": str(n % 2), "two": str(n % 3)}) for n in range(12)]
    )
    client.meters.create(
        MeterCreate(slug="again", aggregation="COUNT", event_type="again", group_by={"one": "$.one"}), params={"backfill": "true"}
    )
    eventually("the backfill", lambda: client.meters.get("again")["backfill"]["state"] == "done")
    before = client.meters.get("again")
    client.meters.update("again", MeterUpdate(group_by={"two": "$.two"}))
    eventually("the new dimensions", lambda: dict(client.meters.get("again").group_by) == {"two": "$.two"}
               and client.meters.get("again")["backfill"]["state"] == "done")
    check("the same meter", client.meters.get("again").id, before.id)
    rows = client.meters.query_json("again", group_by=["two"]).data
    check("by the new dimension", sorted((row.group_by["two"], row.value) for row in rows), [("0", 4), ("1", 4), ("2", 4)])
    refused("by the old one", 400, "HttpResponseError", client.meters.query_json, "again", group_by=["one"])
