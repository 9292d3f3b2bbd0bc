"""Drives a running daemon with OpenMeter's published client through every operation of its API for metering.

    openmeter_client.py ENDPOINT [TOKEN]

Prints a line for each part that is as it should be, and ends with a message at the first that is not. The daemon's configuration
has the meter `configured` (COUNT of `configured`).
"""

import asyncio
import sys

from openmeter import Client
from openmeter.aio import Client as AsyncClient
from openmeter.models import Event, MeterCreate, MeterQueryRequest

from openmeter_checks import NOON, Wrong, check, event, moment
from openmeter_explanations import conflicts, corrections, debug_metrics, ledger, listed_events, portal
from openmeter_meters import aggregations, backfill, ingest, meter_rules, meters, more_aggregations, regrouping
from openmeter_usage import csv_answers, filters, query_rules, texts
from openmeter_windows import windows_and_zones


def main():
    options = dict(zip(("endpoint", "token"), sys.argv[1:]))
    client = Client(**options)
    for part in (
        ingest, meters, meter_rules, aggregations, more_aggregations, windows_and_zones, filters, texts, csv_answers, query_rules,
        listed_events, debug_metrics, portal, backfill, regrouping, ledger, conflicts, corrections,
    ):
        part(client)
        print(part.__name__, flush=True)
    asyncio.run(asynchronous(options))
    print("asynchronous")


async def asynchronous(options):
    async with AsyncClient(**options) as client:
        await client.meters.create(
            MeterCreate(
                slug="later", aggregation="SUM", event_type="later", value_property="$.value", group_by={"model": "$.model"}
            )
        )
        first, second = (
            event(number, "later", subject, NOON, {"value": number + 1, "model": model}, source="example/async")
            for number, subject, model in ((1, "客户", "m"), (2, "b", "n"))
        )
        await client.events.ingest_event(Event(first))
        await client.events.ingest_events([second])
        answer = await client.meters.query_json("later", group_by=["model"], window_size="DAY")
        check("rows", sorted((row.group_by["model"], row.value) for row in answer.data), [("m", 2), ("n", 3)])
        answer = await client.meters.query("later", MeterQueryRequest(subject=["客户"]))
        check("by a body", [(row.subject, row.value) for row in answer.data], [("客户", 2)])
        check("subjects", await client.meters.list_subjects("later"), ["b", "客户"])
        check("values", await client.meters.list_group_by_values("later", "model"), ["m", "n"])
        listed = await client.events.list(subject="b", from_parameter=moment(2025, 6, 1))
        check("events", "2" in [one.event.id for one in listed], True)
        check("CSV", (await client.meters.query_csv("later")).splitlines()[0], "window_start,window_end,value")
        check("metrics", "openmeter_events_total" in await client.debug.metrics(), True)
        await client.meters.delete("later")


try:
    main()
except Wrong as wrong:
    sys.exit(f"wrong: {wrong}")
