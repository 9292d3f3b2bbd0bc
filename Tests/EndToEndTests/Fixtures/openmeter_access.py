"""Shows what each scope lets a client do, and what it does not.

    openmeter_access.py ENDPOINT INGEST_TOKEN QUERY_TOKEN ADMIN_TOKEN SLOW_TOKEN

The slow token may ask once a second; the others have one scope each. The daemon's configuration has the meter `configured`.
"""

import concurrent.futures
import sys

import requests
from openmeter import Client
from openmeter.models import MeterCreate, MeterUpdate, PortalToken

from openmeter_checks import NOON, Wrong, ask, check, event, refused, send


def too_fast(endpoint, token):
    """What a token that may ask once a second is told when it asks sixty times at once, by a client that does not wait."""

    def ask_once(_):
        return requests.get(f"{endpoint}/api/v1/meters", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(ask_once, range(60)))
    late = [answer for answer in answers if answer.status_code == 429]
    if not late or "Retry-After" not in late[0].headers:
        raise Wrong(f"nothing was too fast: {[answer.status_code for answer in answers]}")
    return late[0].json()


def main():
    endpoint, *tokens = sys.argv[1:]
    ingest, query, admin = (Client(endpoint=endpoint, token=token) for token in tokens[:3])
    nobody, stranger = Client(endpoint=endpoint), Client(endpoint=endpoint, token="nobody-gave-me-this")
    one = event(1, "configured", "a", NOON)
    meter = MeterCreate(slug="made", aggregation="COUNT", event_type="made")
    void = {"source": one["source"], "id": one["id"], "reason": "a test"}
    # What can be done, with the one scope it takes.
    actions = [
        (ingest, lambda client: client.events.ingest_event(one)),
        (ingest, lambda client: client.events.ingest_events([one])),
        (query, lambda client: client.meters.list()),
        (query, lambda client: client.meters.get("configured")),
        (query, lambda client: client.meters.query_json("configured")),
        (query, lambda client: client.meters.query_csv_post("configured")),
        (query, lambda client: client.meters.list_subjects("configured")),
        (query, lambda client: client.events.list(from_parameter=NOON)),
        (query, lambda client: client.debug.metrics()),
        (query, lambda client: ask(client, "/api/v1/ledger")),
        (query, lambda client: ask(client, "/api/v1/conflicts")),
        (query, lambda client: send(client, "GET", "/metrics")),
        (admin, lambda client: client.meters.create(meter)),
        (admin, lambda client: client.meters.update("made", MeterUpdate(name="Made"))),
        (admin, lambda client: client.portal.portal_tokens.create(PortalToken(subject="a"))),
        (admin, lambda client: send(client, "POST", "/api/v1/corrections", void)),
        (admin, lambda client: client.meters.delete("made")),
    ]
    for number, (owner, action) in enumerate(actions):
        for client in (ingest, query, admin):
            if client is not owner:
                refused(f"action {number} without its scope", 403, "HttpResponseError", action, client)
        for client in (nobody, stranger):
            refused(f"action {number} of a stranger", 401, "ClientAuthenticationError", action, client)
        action(owner)
    print("scopes")
    for path in ("/healthz", "/readyz", "/api/v1/openapi.json"):
        check(f"{path} is open", send(nobody, "GET", path).status_code, 200)
    print("open")
    ingest.events.ingest_event(event(2, "configured", "a", NOON))
    token = admin.portal.portal_tokens.create(PortalToken(subject="a", allowed_meter_slugs=["configured"])).token
    holder = Client(endpoint=endpoint, token=token)
    check("the portal", [row.value for row in holder.portal.portal_meters.query_json("configured").data], [1])
    refused("the portal's token elsewhere", 401, "ClientAuthenticationError", holder.meters.list)
    refused("another token at the portal", 401, "ClientAuthenticationError", query.portal.portal_meters.query_json, "configured")
    check("who corrected it", [record["by"] for record in ask(query, "/api/v1/corrections")], ["admin"])
    print("portal")
    document = too_fast(endpoint, tokens[3])
    check("the others are not held back", len(query.meters.list()), 1)
    if "slow" not in document["detail"]:
        raise Wrong(f"{document} does not name the token")
    print("rates")


try:
    main()
except Wrong as wrong:
    sys.exit(f"wrong: {wrong}")
