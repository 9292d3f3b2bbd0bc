"""Copies CSV files with the same columns, compressed or not, into one, and changes cells.

    copy_csv.py TARGET SOURCE... -- [COLUMN=VALUE | COLUMN=VALUE@ROW ...]

A change is made in every row, or in one (from 0).
"""

import csv
import gzip
import sys

target, *rest = sys.argv[1:]
sources, changes = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
table = []
for source in sources:
    with (gzip.open if source.endswith(".gz") else open)(source, "rt", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    table += rows
for change in changes:
    column, _, value = change.partition("=")
    value, _, row = value.partition("@")
    for cells in [table[int(row)]] if row else table:
        cells[header.index(column)] = value
with open(target, "w", newline="", encoding="utf-8") as file:
    csv.writer(file, lineterminator="\n").writerows([header, *table])
