"""Reads CSV files with DuckDB, every cell as text, and prints as JSON what they hold.

    read_csv.py JSON

JSON has "files"; "sum": columns to add up, exactly; "by": for each combination of these columns (joined by a space, nothing for
null); "products": [product, factor, factor], columns of which the first has to be the product of the others in every row; and
"digest": columns whose cells in the order of the rows make a digest.
"""

import hashlib
import json
import sys
from decimal import Context, Decimal

import duckdb

# Enough for every product of two numbers of 38 digits.
EXACT = Context(prec=200, traps=[])


def main():
    asked = json.loads(sys.argv[1])
    table = duckdb.read_csv(
        asked["files"],
        all_varchar=True,
        header=True,
        delimiter=",",
        quotechar='"',
        escapechar='"',
        allow_quoted_nulls=False,
        hive_partitioning=False,
    )
    rows = [dict(zip(table.columns, row)) for row in table.fetchall()]
    sums = {}
    wrong = []
    for row in rows:
        group = sums.setdefault(" ".join(row[column] or "" for column in asked["by"]), {})
        for column in asked["sum"]:
            # A cell that is no number is one that the sums must not pass over.
            group[column] = EXACT.add(group.get(column, Decimal(0)), Decimal(row[column]))
        for product, one, other in asked["products"]:
            if EXACT.multiply(Decimal(row[one]), Decimal(row[other])) != Decimal(row[product]):
                wrong.append(f"{product} {row[product]} is not {row[one]} x {row[other]}")
    json.dump(
        {
            "columns": table.columns,
            "rows": len(rows),
            "emptyTexts": sum(cell == "" for row in rows for cell in row.values()),
            "sums": {key: {column: text(value) for column, value in group.items()} for key, group in sums.items()},
            "wrongProducts": wrong,
            "digest": hashlib.sha256(
                json.dumps([[row[column] for column in asked["digest"]] for row in rows]).encode()
            ).hexdigest(),
        },
        sys.stdout,
    )


def text(value):
    """Without zeros at the end and without an exponent."""
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


main()
