"""Posts events with the CloudEvents SDK (structured, binary, batch by hand) and OpenMeter's client; prints each outcome.

Usage: post_events.py http://127.0.0.1:8888
"""

import datetime
import sys

import requests
from cloudevents.conversion import to_binary, to_dict, to_structured
from cloudevents.http import CloudEvent
from openmeter import Client

endpoint = sys.argv[1]
events = endpoint + "/api/v1/events"
time = "2025-06-07T12:00:00Z"


def event(number, tokens, model, subject="customer-1"):
    attributes = {
        "id": f"sdk-{number}", "source": "example/python", "type": "prompt", "subject": subject, "time": time,
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return CloudEvent(attributes, {"tokens": tokens, "model": model})


headers, body = to_structured(event(1, 10, "structured"))
print("structured", requests.post(events, data=body, headers=headers).status_code)

headers, body = to_binary(event(2, 20, "binary"))
print("binary", requests.post(events, data=body, headers=headers).status_code)

# The same event in the other mode is the same event.
headers, body = to_binary(event(1, 10, "structured"))
print("again", requests.post(events, data=body, headers=headers).status_code)

# The SDK does not percent-encode headers as the HTTP binding asks, so other subjects go in JSON.
batch = [to_dict(event(3, 30, "batch", 'customer é/"1%')), to_dict(event(4, 40, "batch", "客户"))]
answer = requests.post(events, json=batch, headers={"content-type": "application/cloudevents-batch+json"})
print("batch", answer.status_code)

client = Client(endpoint=endpoint, token="none-needed")
client.events.ingest_event(
    {
        "id": "openmeter-1", "source": "example/python", "specversion": "1.0", "type": "prompt", "subject": "customer-2",
        "time": datetime.datetime(2025, 6, 7, 13, tzinfo=datetime.timezone.utc), "data": {"tokens": "2.5", "model": "openmeter"},
    }
)
print("openmeter", "sent")
print("meters", ",".join(sorted(meter["slug"] for meter in client.meters.list())))
answer = client.meters.query_json(meter_id_or_slug="tokens_total", group_by=["model"], window_size="DAY")
for row in sorted(answer["data"], key=lambda row: row["groupBy"]["model"]):
    print("row", row["groupBy"]["model"], row["value"])
