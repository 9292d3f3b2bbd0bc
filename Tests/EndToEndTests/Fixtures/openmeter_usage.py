"""Usage: filters, texts that break what does not quote, CSV, and questions that are refused."""

import csv
import io
import json

from openmeter.models import FilterString, MeterCreate, MeterQueryRequest

from openmeter_checks import NOON, check, event, moment, refused


# Texts that break what forgets to quote, encode or decode.
SUBJECTS = [
    "customer-1", 'say "hello"', "100%", "%41", "a/b", "a/../b", "a b+c&d=e#f?g", "comma,semi;colon", "it's", "back\\slash",
    "客户", "Ünïcödé", "клиент", "🐙", "{}", "$.x", "[0]", "=1+1", " leading", "trailing ",
]
# In data there are control characters too.
VALUES = SUBJECTS + ["", "line\nbreak", "tab\there", "cr\r\nlf"]


FILTERS = [
    (FilterString(eq="b"), ["b"]), (FilterString(ne="b"), ["", "a", "abc", "B", "ü"]),
    (FilterString(in_property=["a", "ü"]), ["a", "ü"]), (FilterString(nin=["a", "ü"]), ["", "abc", "b", "B"]),
    (FilterString(like="a%"), ["a", "abc"]), (FilterString(like="_"), ["a", "b", "B", "ü"]),
    (FilterString(nlike="a%"), ["", "b", "B", "ü"]), (FilterString(ilike="B"), ["b", "B"]),
    (FilterString(nilike="b"), ["", "a", "abc", "ü"]), (FilterString(gt="a"), ["abc", "b", "ü"]),
    (FilterString(gte="a"), ["a", "abc", "b", "ü"]), (FilterString(lt="a"), ["", "B"]), (FilterString(lte="a"), ["", "a", "B"]),
    (FilterString(gte="a", lt="b"), ["a", "abc"]),
    (FilterString(and_property=[FilterString(gt="a"), FilterString(ne="ü")]), ["abc", "b"]),
    (FilterString(or_property=[FilterString(eq="a"), FilterString(and_property=[FilterString(eq="B")])]), ["a", "B"]),
]


def filters(client):
    client.meters.create(
        MeterCreate(slug="letters", aggregation="COUNT", event_type="letter", group_by={"letter": "$.letter", "n": "$.n"})
    )
    letters = ["", "a", "abc", "b", "B", "ü"]
    client.events.ingest_events(
        [
            event(f"letter-{n}", "letter", f"s{n % 2}", NOON, {"letter": letter, "n": str(n), "deep": {"x": [n]}})
            for n, letter in enumerate(letters)
        ]
    )

    def found(answer):
        return sorted(row.group_by["letter"] for row in answer.data)

    grouped = {"group_by": ["letter"]}
    for condition, wanted in FILTERS:
        body = MeterQueryRequest(advanced_meter_group_by_filters={"letter": condition}, **grouped)
        check(f"{dict(condition)}", found(client.meters.query("letters", body)), sorted(wanted))
        # The client writes conditions into a URL only when they are plain dictionaries.
        plain = json.loads(json.dumps(body.as_dict()))["advancedMeterGroupByFilters"]
        check(f"{dict(condition)} in a URL",
              found(client.meters.query_json("letters", advanced_meter_group_by_filters=plain, **grouped)), sorted(wanted))
    check("one value", found(client.meters.query_json("letters", filter_group_by={"letter": "ü"}, **grouped)), ["ü"])
    check("one of each", found(client.meters.query_json("letters", filter_group_by={"letter": "a", "n": "1"}, **grouped)), ["a"])
    check("no value", found(client.meters.query_json("letters", filter_group_by={"letter": ""}, **grouped)), [""])
    body = MeterQueryRequest(filter_group_by={"letter": ["a", "b"]}, **grouped)
    check("some values", found(client.meters.query("letters", body)), ["a", "b"])
    check("by subject", found(client.meters.query_json("letters", subject=["s0"], **grouped)), ["", "B", "abc"])
    rows = client.meters.query_json("letters", subject=["s0", "s1"]).data
    check("split by subject", sorted((row.subject, row.value) for row in rows), [("s0", 3), ("s1", 3)])
    check("all at once", [row.subject for row in client.meters.query_json("letters").data], [None])
    rows = client.meters.query_json("letters", group_by=["subject", "$.deep.x[0]"]).data
    check("by what totals do not hold", sorted((row.subject, row.group_by["$.deep.x[0]"]) for row in rows),
          [(f"s{n % 2}", str(n)) for n in (0, 2, 4, 1, 3, 5)])
    check("no customers are asked for", len(client.meters.query_json("letters", filter_customer_id=[]).data), 1)
    check("whoever asks", len(client.meters.query_json("letters", client_id="client").data), 1)


def texts(client):
    """Subjects and values that break what does not quote."""
    client.meters.create(
        MeterCreate(slug="texts", aggregation="COUNT", event_type="text", group_by={"value": "$.value", "kind": "$.kind"})
    )
    client.events.ingest_events(
        [event(f"text-s{n}", "text", subject, NOON, {"value": "-", "kind": "s"}) for n, subject in enumerate(SUBJECTS)]
        + [event(f"text-v{n}", "text", "-", NOON, {"value": value, "kind": "v"}) for n, value in enumerate(VALUES)]
    )
    by_bytes = lambda some: sorted(some, key=str.encode)
    check("subjects", client.meters.list_subjects("texts"), by_bytes(SUBJECTS + ["-"]))
    check("values", client.meters.list_group_by_values("texts", "value"), by_bytes(VALUES + ["-"]))
    check("values of the subject", client.meters.list_group_by_values("texts", "subject"), by_bytes(SUBJECTS + ["-"]))
    for subject in SUBJECTS:
        rows = client.meters.query_json("texts", subject=[subject]).data
        check(f"the subject {subject!r}", [(row.subject, row.value) for row in rows], [(subject, 1)])
        rows = client.meters.query("texts", MeterQueryRequest(subject=[subject])).data
        check(f"the subject {subject!r} in a body", [(row.subject, row.value) for row in rows], [(subject, 1)])
        listed = client.events.list(subject=subject, from_parameter=moment(2025, 6, 1), limit=100)
        check(f"the events of {subject!r}", {one.event.subject for one in listed}, {subject})
    for value in VALUES:
        rows = client.meters.query_json("texts", filter_group_by={"value": value, "kind": "v"}, group_by=["value"]).data
        check(f"the value {value!r}", [(row.group_by["value"], row.value) for row in rows], [(value, 1)])
    rows = client.meters.query("texts", MeterQueryRequest(subject=SUBJECTS, group_by=["subject"])).data
    check("all of them", sorted(row.subject for row in rows), sorted(SUBJECTS))
    none = {"from_parameter": moment(2020, 1, 1), "to": moment(2020, 1, 2)}
    check("no subjects", client.meters.list_subjects("texts", **none), [])
    check("no values", client.meters.list_group_by_values("texts", "value", **none), [])
    refused("values of no dimension", 404, "ResourceNotFoundError", client.meters.list_group_by_values, "texts", "other")
    refused("values of a strange one", 404, "ResourceNotFoundError", client.meters.list_group_by_values, "texts", "a/b %ü")
    refused("subjects of no meter", 404, "ResourceNotFoundError", client.meters.list_subjects, "no/meter %")


def csv_answers(client):
    kept = {}
    text = client.meters.query_csv(
        "texts", group_by=["subject", "value"], window_size="DAY",
        cls=lambda pipeline, body, headers: kept.update(pipeline.http_response.headers) or pipeline.http_response.text(),
    )
    check("its type", kept["Content-Type"].split(";")[0], "text/csv")
    check("its name", kept["Content-Disposition"], "attachment; filename=texts.csv")
    # What the client itself gives has its line ends as they are.
    check("what the client gives", client.meters.query_csv("texts", group_by=["subject", "value"], window_size="DAY"), text)
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    check("its columns", header, ["window_start", "window_end", "subject", "value", "value"])
    day = ["2025-06-07T00:00:00Z", "2025-06-08T00:00:00Z"]
    wanted = [[*day, s, "-", "1"] for s in SUBJECTS] + [[*day, "-", v, "1"] for v in VALUES]
    check("its rows", sorted(rows), sorted(wanted))
    header, *rows = csv.reader(io.StringIO(client.meters.query_csv_post("all_sum"), newline=""))
    check("without a question", header, ["window_start", "window_end", "value"])
    check("its sum", [row[2] for row in rows], ["123456789012345689.300000000000000001"])
    refused("of no meter", 404, "ResourceNotFoundError", client.meters.query_csv, "no_meter")


def query_rules(client):
    query, post, error = client.meters.query_json, client.meters.query, "HttpResponseError"
    at = moment(2025, 6, 7)
    refused("a range without length", 400, error, query, "ticks", from_parameter=at, to=at)
    refused("a dimension that is none", 400, error, query, "ticks", group_by=["model"])
    refused("a filter of none", 400, error, query, "ticks", filter_group_by={"model": "x"})
    refused("a window that is none", 400, error, query, "ticks", window_size="WEEK")
    refused("a zone that is none", 400, error, query, "ticks", window_time_zone="Mars/Olympus")
    refused("a customer", 400, error, query, "ticks", filter_customer_id=["01G65Z755AFWAKHE12NY0CQ9FH"])
    refused("a parameter that is none", 400, error, query, "ticks", params={"windowsize": "DAY"})
    refused("a condition that is none", 400, error, query, "letters", advanced_meter_group_by_filters={"letter": {"$is": "a"}})
    refused("no meter", 404, "ResourceNotFoundError", query, "no_meter")
    refused("no meter in a body", 404, "ResourceNotFoundError", post, "no_meter", MeterQueryRequest())
    refused("a member that is none", 400, error, post, "ticks", {"windowsize": "DAY"})
    refused("the wrong type", 400, error, post, "ticks", {"subject": "a"})
    deep = {"$eq": "a"}
    for _ in range(20):
        deep = {"$and": [deep]}
    refused("a condition too deep", 400, error, post, "letters", {"advancedMeterGroupByFilters": {"letter": deep}})
    refused("too many dimensions", 400, error, query, "ticks", group_by=[f"$.x{n}" for n in range(100)])
