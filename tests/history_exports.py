"""Reads what `batchmark history --export` writes, by what the documentation of its readers asks for.

usage: history_exports.py csv|otava|bencher FILE [YAML]

csv: RFC 4180. otava: Apache Otava, docs/CSV.md (a header; a time column; attribute columns; numbers in every row of
every metric column; a configuration that names the columns). bencher: the JSON schema of Bencher Metric Format,
https://bencher.dev/docs/reference/bencher-metric-format.
"""
import csv
import datetime
import json
import math
import re
import sys

COLUMNS = "date commit case kernel op shape threads cache median_s low_s high_s min_s code level_s by".split()


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert all(len(row) == len(rows[0]) for row in rows), "rows of different lengths"
    assert len(set(rows[0])) == len(rows[0]), "two columns of one name"
    return rows[0], rows[1:]


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def number(text):
    value = float(text)
    assert math.isfinite(value) and value > 0, text
    return value


def read_csv(path):
    header, rows = rows_of(path)
    assert header == COLUMNS, header
    seen = set()
    for row in (dict(zip(header, r)) for r in rows):
        key = (row["case"], moment(row["date"]))
        assert key not in seen, key
        seen.add(key)
        median = number(row["median_s"])
        assert int(row["threads"]) >= 1 and row["cache"] in ("warm", "cold")
        assert number(row["min_s"]) <= median and number(row["level_s"]) and row["by"] in ("floor", "pairs")
        assert number(row["low_s"]) <= median <= number(row["high_s"])
    print(len(rows), "rows,", len({case for case, _ in seen}), "cases")


def yaml_of(path):
    """The part of YAML that the configuration uses: nested maps, plain and quoted scalars, one list in brackets."""
    root = {}
    levels = [(-1, root)]
    for line in open(path, encoding="utf-8"):
        indent = len(line) - len(line.lstrip(" "))
        match = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[a-z_]+):(?: (.*))?', line.strip())
        assert match, line
        key, value = match[1], match[2]
        key = json.loads(key) if key[0] == '"' else key
        while levels[-1][0] >= indent:
            levels.pop()
        assert key not in levels[-1][1], key
        if value is None:
            levels[-1][1][key] = value = {}
            levels.append((indent, value))
        elif value[0] == "[":
            levels[-1][1][key] = value[1:-1].split(", ")
        else:
            levels[-1][1][key] = json.loads(value) if value[0] == '"' else value.strip("'")
    return root


def read_otava(path, config):
    header, rows = rows_of(path)
    (name, test), = yaml_of(config)["tests"].items()
    assert test["type"] == "csv" and test["file"] and test["csv_options"] == {"delimiter": ",", "quote_char": '"'}, test
    time = header.index(test["time_column"])
    columns = {time} | {header.index(a) for a in test["attributes"]}
    when = [moment(row[time]) for row in rows]
    assert all(a < b for a, b in zip(when, when[1:])), "time does not increase"
    for metric in test["metrics"].values():
        column = header.index(metric["column"])
        assert column not in columns and int(metric["direction"]) == -1 and float(metric["scale"]) == 1
        columns.add(column)
        for row in rows:
            number(row[column])
    assert len(columns) == len(header), "columns that no metric names"
    print(len(rows), "rows,", len(test["metrics"]), "metrics")


def read_bencher(path):
    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), "a key twice"
        return dict(pairs)

    with open(path, encoding="utf-8") as file:
        benchmarks = json.load(file, object_pairs_hook=once)
    for name, measures in benchmarks.items():
        assert 0 < len(name) <= 1024 and list(measures) == ["latency"], name
        metric = measures["latency"]
        assert set(metric) <= {"value", "lower_value", "upper_value"}
        assert all(type(v) in (int, float) for v in metric.values())
        assert metric.get("lower_value", 0) <= metric["value"] <= metric.get("upper_value", math.inf)
    print(len(benchmarks), "benchmarks")


{"csv": read_csv, "otava": read_otava, "bencher": read_bencher}[sys.argv[1]](*sys.argv[2:])
