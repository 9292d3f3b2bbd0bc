"""Produces events with confluent-kafka and the CloudEvents SDK, keyed by subject; prints what was delivered, as JSON.

Usage: produce_events.py SERVERS TOPIC structured|binary FIRST END SUBJECTS [PROPERTY=VALUE ...]
"""

import collections
import datetime
import json
import sys

from cloudevents.http import CloudEvent
from cloudevents.kafka import to_binary, to_structured
from confluent_kafka import Producer

servers, topic, mode = sys.argv[1:4]
first, end, subjects = map(int, sys.argv[4:7])
properties = dict(argument.split("=", 1) for argument in sys.argv[7:])
producer = Producer({"bootstrap.servers": servers, "log_level": 0, "message.timeout.ms": 30000, **properties})
start = datetime.datetime(2025, 6, 7, 12, tzinfo=datetime.timezone.utc)
tokens = 0
partitions = collections.Counter()
failures = []


def subject_of(event):
    return event["subject"]


def message(number):
    attributes = {
        "id": f"python-{number}", "source": "example/python", "type": "prompt",
        "subject": f"customer-{number % subjects}", "datacontenttype": "application/json",
        "time": (start + datetime.timedelta(milliseconds=number)).isoformat(timespec="milliseconds"),
    }
    event = CloudEvent(attributes, {"tokens": 1 + number % 7, "model": mode})
    if mode == "binary":
        return to_binary(event, key_mapper=subject_of)
    made = to_structured(event, key_mapper=subject_of)
    # The SDK writes the type of the data here; section 3.3.1 of the binding wants the type of the event's format.
    made.headers["content-type"] = b"application/cloudevents+json"
    return made


def delivered(number):
    def callback(error, message):
        global tokens
        if error is not None:
            failures.append(f"event {number}: {error}")
            return
        tokens += 1 + number % 7
        partitions[message.partition()] += 1

    return callback


for number in range(first, end):
    made = message(number)
    while True:
        try:
            producer.produce(
                topic, key=made.key, value=made.value, headers=list(made.headers.items()), on_delivery=delivered(number)
            )
            break
        except BufferError:
            producer.poll(0.1)
    producer.poll(0)

left = producer.flush(60)
if left or failures:
    sys.exit(f"{left + len(failures)} events were not delivered; {failures[:1]}")
print(json.dumps({"count": partitions.total(), "tokens": tokens, "partitions": partitions}))
