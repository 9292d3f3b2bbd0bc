"""Windows of every size in zones whose days are odd, held against Python's own calendar."""

import datetime
from zoneinfo import ZoneInfo

from openmeter.models import MeterCreate

from openmeter_checks import check, event, exact, moment, rows_by_window, windows

ZONES = [
    # Clocks forward and back, in the north and in the south; offsets of 30 and 45 minutes; days that begin at one o'clock, or
    # twice; a day that one country left out; clocks that move by half an hour.
    ("America/Los_Angeles", (2023, 3, 6), 8), ("America/Los_Angeles", (2023, 10, 30), 8),
    ("Europe/Budapest", (2024, 3, 30), 3), ("Europe/Budapest", (2024, 10, 26), 3),
    ("Australia/Sydney", (2025, 4, 5), 3), ("Australia/Sydney", (2025, 10, 4), 3),
    ("Asia/Kolkata", (2025, 6, 7), 2), ("Asia/Kathmandu", (2025, 6, 7), 2), ("Australia/Eucla", (2025, 6, 7), 2),
    ("Pacific/Chatham", (2025, 4, 5), 3), ("Pacific/Chatham", (2025, 9, 27), 3),
    ("Africa/Cairo", (2025, 4, 24), 3), ("Africa/Cairo", (2025, 10, 30), 3),
    ("America/Havana", (2025, 3, 8), 3), ("America/Havana", (2025, 11, 1), 3),
    ("Pacific/Apia", (2011, 12, 28), 4), ("Australia/Lord_Howe", (2025, 4, 5), 3),
    # Leap days, a year that is none, and the ends of years.
    ("UTC", (2024, 2, 27), 4), ("Asia/Tokyo", (2024, 2, 27), 4), ("UTC", (2100, 2, 27), 3),
    ("America/St_Johns", (2024, 12, 30), 4), ("Pacific/Kiritimati", (2024, 12, 30), 3),
]


def windows_and_zones(client):
    """Every 15 minutes an event, and windows by Python's calendar."""
    client.meters.create(MeterCreate(slug="ticks", aggregation="SUM", event_type="tick", value_property="$.value"))
    quarter = datetime.timedelta(minutes=15)
    number = 0
    for zone, start, days in ZONES:
        begin = moment(*start)
        subject = f"{zone} {start}"
        ticks = []
        for step in range(days * 96):
            number += 1
            # Away from the full quarter, so that a window that is off by one moment is seen.
            at = begin + step * quarter + datetime.timedelta(microseconds=step % 3)
            ticks.append(event(f"tick-{number}", "tick", subject, at, {"value": f"{number}.{step % 10}1"}))
        client.events.ingest_events(ticks)
        # Where clocks move by half an hour, hours are cut there; what that should look like is not Python's to say.
        for size in ("MINUTE", "DAY", "MONTH") if zone == "Australia/Lord_Howe" else ("MINUTE", "HOUR", "DAY", "MONTH"):
            rows = exact(client.meters.query_json, "ticks", window_size=size, window_time_zone=zone, subject=[subject])
            check(f"{size} in {zone} from {start}", rows_by_window(rows), windows(ticks, size, zone))
            check("in the order of time", [row["windowStart"] for row in rows], sorted(row["windowStart"] for row in rows))
        # A range that cuts windows: what is outside of it does not count.
        middle = begin + days * 48 * quarter + datetime.timedelta(minutes=7, seconds=1)
        inside = [tick for tick in ticks if tick["time"] >= middle]
        rows = exact(client.meters.query_json, "ticks", window_size="DAY", window_time_zone=zone, subject=[subject],
                     from_parameter=middle)
        check(f"from the middle in {zone}", sum(row["value"] for row in rows), sum(windows(inside, "DAY", zone).values()))
    for start, hours in (((2023, 3, 6), [24] * 6 + [23]), ((2023, 10, 30), [24] * 6 + [25])):
        first = datetime.datetime(*start, tzinfo=ZoneInfo("America/Los_Angeles"))
        answer = client.meters.query_json(
            "ticks", window_size="DAY", window_time_zone="America/Los_Angeles", from_parameter=first,
            to=first + datetime.timedelta(days=7), subject=[f"America/Los_Angeles {start}"]
        )
        lengths = [(row.window_end - row.window_start).total_seconds() / 3600 for row in answer.data]
        check("seven days, one of them odd", lengths, hours)
    check("what was asked is said again", [answer.from_property, answer.window_size], [first, "DAY"])
