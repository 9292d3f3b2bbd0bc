"""What schemathesis sends otherwise than it draws it, so that more of it is looked at before it is refused."""

import schemathesis

# Operations whose `from` and `to` are days, both or neither.
DAYS = {"getLedger", "getFocusPage", "getKrateoCost", "getKrateoUsage", "runReport"}


@schemathesis.hook
def map_query(context, query):
    return ranged(context, query)


@schemathesis.hook
def map_body(context, body):
    return ranged(context, whole(body))


def whole(value):
    """JSON Schema takes 2.0 for an integer; CloudEvents takes an integer without fraction and exponent only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(element) for element in value]
    if isinstance(value, dict):
        return {name: whole(element) for name, element in value.items()}
    return value


def ranged(context, value):
    """Half of all ranges would end before they begin, and days would be alone."""
    if not isinstance(value, dict):
        return value
    begin, end = value.get("from"), value.get("to")
    if isinstance(begin, str) and isinstance(end, str) and begin > end:
        return {**value, "from": end, "to": begin}
    if context.operation.definition.raw.get("operationId") in DAYS and (begin is None) != (end is None):
        # The same year, so that it is no longer than a run may be.
        given = begin or end
        if isinstance(given, str):
            return {**value, "from": begin or given[:4] + "-01-01", "to": end or given[:4] + "-12-31"}
    return value
