#!/usr/bin/env python3
"""Compares what our functions make of samples with what graphite-web makes of the same ones.

    tests/graphite/compare.py target/debug/metric-smol

graphite-web and its whisper have to be importable, as Debian's packages make them for Debian's
Python. Each difference that we mean to have stands in DIFFERENCES with its reason; any other one fails.
"""

import math
import sys

from peers import GraphiteWeb, Samples, Server, strict

NOW = 1_700_000_000
FROM, UNTIL = NOW - 3_000, NOW - 20


def series(step: int, count: int, value) -> list[tuple[int, float]]:
    end = NOW // step * step
    values = ((end - (count - 1 - index) * step, value(index)) for index in range(count))
    return [(time, float(number)) for time, number in values if number is not None]


def samples() -> tuple[Samples, dict[str, int]]:
    """Series with gaps, negative values, counters that begin again, and two steps."""
    all = {
        "web.a.cpu": (10, lambda i: 20 + 7 * math.sin(i / 9)),
        "web.b.cpu": (10, lambda i: None if i % 7 == 3 else 40 + 11 * math.cos(i / 5)),
        "web.c.cpu": (10, lambda i: None if 300 < i < 380 else -3 + i % 13),
        "web.a.requests": (10, lambda i: (i * 37) % 1000),
        "web.b.requests": (10, lambda i: i * 12.5 if i % 50 else 0),
        "web.c.requests": (10, lambda i: None if i % 3 == 1 else i * 3),
        "db.a.size": (60, lambda i: i * i),
        "db.b.size": (60, lambda i: None if i % 3 == 0 else 1000 - i),
        "db.old.size": (60, lambda i: 5 if i < 60 else None),
        "disk10.used": (10, lambda i: i % 4),
        "disk9.used": (10, lambda i: i % 5),
        "temp;floor=1;room=hall": (10, lambda i: 20 + i % 3),
        "temp;floor=2;room=attic": (10, lambda i: 25 - i % 4),
        "load;room=hall": (10, lambda i: i % 17),
    }
    data = {key: series(step, 60_000 // step // 10, value) for key, (step, value) in all.items()}
    return data, {key: step for key, (step, _) in all.items()}


PATHS = ["web.*.cpu", "web.*.requests", "db.{a,b}.size", "web.c.cpu", "web.[ab].cpu", "web.?.cpu"]
TAGGED = ["seriesByTag('name=temp')", "seriesByTag('room=~h.*')", "seriesByTag('name=temp','room!=hall')"]

TARGETS = [
    *PATHS,
    *TAGGED,
    *(
        form.format(path)
        for path in [*PATHS, TAGGED[0]]
        for form in [
            "alias({}, 'a name')",
            "aliasByNode({}, 1)",
            "aliasByNode({}, 0, -1)",
            "aliasByNode({}, 9)",
            "aliasByMetric({})",
            "aliasByMetric(scale({}, 2))",
            "aliasByTags({}, 'room', 'name')",
            "aliasByTags({}, 0, 'floor')",
            r"aliasSub({}, '^(\w+)\.(\w)', '\2-\1')",
            "absolute({})",
            "averageSeries({})",
            "avg({})",
            "consolidateBy({}, 'max')",
            "countSeries({})",
            "derivative({})",
            "diffSeries({})",
            "exclude({}, 'b')",
            "grep({}, '[bt]')",
            "groupByNode({}, 0, 'sum')",
            "groupByNode({}, 1, 'average')",
            "groupByNode({}, 2)",
            "groupByNodes({}, 'max', 0, 2)",
            "groupByNodes({}, 'countSeries', 0)",
            "groupByNodes({}, 'sumSeries', 0)",
            "groupByNodes({}, 'median', 0)",
            "groupByNodes({}, 'stddev', 0)",
            "groupByNodes({}, 'range', 0)",
            "groupByNodes({}, 'multiply', 0)",
            "groupByNodes({}, 'last', 0)",
            "groupByNodes({}, 'diff', 0)",
            "groupByNodes({}, 'avg_zero', 0)",
            "groupByTags({}, 'sum', 'name')",
            "groupByTags({}, 'average', 'room')",
            "groupByTags({}, 'max', 'room', 'floor')",
            "highestAverage({}, 2)",
            "highestCurrent({}, 1)",
            "highestMax({}, 2)",
            "integral({})",
            "keepLastValue({})",
            "keepLastValue({}, 3)",
            "keepLastValue({}, inf)",
            "limit({}, 2)",
            "limit({}, -1)",
            "lowestCurrent({}, 2)",
            "maxSeries({})",
            "minSeries({})",
            "movingAverage({}, 5)",
            "movingAverage({}, '5min')",
            "movingAverage({}, 7, 0.5)",
            "movingAverage(scale({}, 2), 60)",
            "nonNegativeDerivative({})",
            "offset({}, -1.5)",
            "offset({}, 1000000)",
            "perSecond({})",
            "scale({}, 0.1)",
            "scale({}, 1e-7)",
            "scale({}, 3)",
            "removeAboveValue({}, 20)",
            "removeBelowValue({}, 5.5)",
            "sortByMaxima({})",
            "sortByName({})",
            "sortByName({}, true)",
            "sortByName({}, reverse=true)",
            "sum({})",
            "sumSeries({})",
            "summarize({}, '1min')",
            "summarize({}, '5min', 'average')",
            "summarize({}, '7min', 'max', true)",
            "summarize({}, '1h', 'last')",
            "summarize({}, '90s', 'median')",
            "timeShift({}, '10min')",
            "timeShift({}, '-1h')",
            "timeShift({}, '+5min')",
            "timeShift({}, '7min', false)",
            "transformNull({})",
            "transformNull({}, -1)",
            "transformNull({}, 0.5, web.b.cpu)",
            "percentileOfSeries({}, 50)",
            "percentileOfSeries({}, 95, true)",
            "percentileOfSeries({}, 12.5)",
            "percentileOfSeries({}, 100)",
            "asPercent({})",
            "asPercent({}, 250)",
            "asPercent({}, web.a.cpu)",
            "asPercent({}, web.*.cpu)",
            "asPercent({}, none, 0)",
            "asPercent({}, none, 1)",
            "asPercent({}, web.*.cpu, 1)",
            "divideSeries({}, web.b.cpu)",
            "divideSeries({}, nothing.here)",
            "sumSeries({}, db.*.size)",
            "averageSeries(consolidateBy({}, 'sum'), db.a.size)",
            "{} | scale(2) | sumSeries() | alias('piped')",
            "{}|movingAverage('1min')|highestMax(1)",
        ]
    ),
    "nonNegativeDerivative(web.a.requests, 999)",
    "nonNegativeDerivative(web.a.requests, maxValue=999, minValue=10)",
    "perSecond(web.a.requests, 1000)",
    "perSecond(web.b.requests)",
    "sortByName(disk*.used)",
    "sortByName(disk*.used, natural=true)",
    "constantLine(100)",
    "constantLine(0.25)",
    "aliasByNode(web.a.cpu, 'name')",
    "sumSeries(web.a.cpu, web.a.cpu)",
    "diffSeries(web.b.cpu, web.a.cpu)",
    "sumSeries(nothing.*)",
    "web.{a,c}.{cpu,requests}",
    "nothing.at.all",
]

# Parts of targets, and why what they make is not what graphite-web makes of it.
DIFFERENCES = {
    "cpu, 'average', 'room')": "graphite-web fails if a series has not all the tags",
    "cpu, 'max', 'room', 'floor')": "graphite-web fails if a series has not all the tags",
    "requests, 'average', 'room')": "graphite-web fails if a series has not all the tags",
    "requests, 'max', 'room', 'floor')": "graphite-web fails if a series has not all the tags",
    "size, 'average', 'room')": "graphite-web fails if a series has not all the tags",
    "size, 'max', 'room', 'floor')": "graphite-web fails if a series has not all the tags",
    "asPercent(seriesByTag('name=temp'), web.*.cpu, 1)": "graphite-web fails if no group has a total",
    "transformNull(db.{a,b}.size, 0.5, web": "graphite-web loses values if a reference has another step",
}


TIMES = [
    *("now", "-1h", "-5min", "-1d12h", "-3mon", "-1y", "-2weeks", "now-90s", "+1h", "-1", "-1m", "undefined"),
    *("noon", "noon_yesterday", "midnight", "midnight_tomorrow", "teatime", "today", "yesterday", "tomorrow"),
    *("04:00_20231101", "4:00_20231101", "20231101", "20060621", "1150864247", "20230231", "8:50pm", "12pm"),
    *("6am today", "10am_yesterday", "11/05/23", "11/05/2023", "5:05_01/02/70", "13/13/2023", "january8"),
    *("jul 4", "feb30", "mar", "monday", "friday", "tue", "noon_sunday", "wednesday+2h", "sat-1d", "someday"),
    *("02:30_20231105", "02:30_20230312", "01:30_20231105", "20230312+1d", "noon_20231105-12h", "25:00"),
]
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


def compare_times(server: Server) -> int:
    """A line begins at its `from`, so it tells how that was read."""
    import pytz
    from graphite.render.attime import parseATTime

    failed = 0
    for zone in ZONES:
        for text in TIMES:
            fields = [("target", "constantLine(1)"), ("format", "json"), ("until", "3000000000")]
            status, reply = server.ask("/render", [*fields, ("from", text), ("now", str(NOW)), ("tz", zone)])
            ours = strict(reply)[0]["datapoints"][0][1] if status == 200 else None
            timezone = pytz.timezone(zone)
            try:
                theirs = int(parseATTime(text, timezone, parseATTime(str(NOW), timezone)).timestamp())
            except Exception:  # It raises all kinds.
                theirs = None
            if ours != theirs:
                failed += 1
                print(f"{text} in {zone}: {ours} and not {theirs}")
    print(f"{len(TIMES) * len(ZONES)} times: {failed} fail")
    return failed


class Different(Exception):
    pass


def shows_windows_late() -> bool:
    """Whether moving averages are shown a step late, which graphite-web 1.1.10 has mended."""
    import inspect

    from graphite.render.functions import movingWindow

    return "range(windowPoints, len(series))" in inspect.getsource(movingWindow)


def one_step_later(series: dict, times: list[int]) -> dict[int, float]:
    step = times[1] - times[0]
    return {time + step: value for time, value in points(series).items() if time + step in times}


def points(series: dict) -> dict[int, float]:
    return {time: value for value, time in series["datapoints"] if value is not None}


def compare(target: str, ours: list, theirs: list) -> None:
    names = [series["target"] for series in ours], [series["target"] for series in theirs]
    if names[0] != names[1]:
        raise Different(f"names: {names[0]} and not {names[1]}")
    for our, their in zip(ours, theirs):
        name, mine, other = our["target"], points(our), points(their)
        if "movingAverage" in target and shows_windows_late():
            times = [time for _, time in our["datapoints"]]
            mine = one_step_later(our, times)
            other = {time: value for time, value in other.items() if time in times[1:]}
        if mine.keys() != other.keys():
            extra, missing = sorted(mine.keys() - other.keys()), sorted(other.keys() - mine.keys())
            raise Different(f"{name}: times {extra[:3]} too many, {missing[:3]} missing")
        for time, value in mine.items():
            if not math.isclose(value, other[time], rel_tol=1e-12, abs_tol=1e-12):
                raise Different(f"{name} at {time}: {value!r} and not {other[time]!r}")
        tags = {name: str(value) for name, value in their["tags"].items()}
        if our["tags"] != tags:
            raise Different(f"{name}: tags {our['tags']} and not {tags}")


def reason(target: str) -> str | None:
    return next((reason for part, reason in DIFFERENCES.items() if part in target), None)


def main() -> int:
    data, steps = samples()
    graphite = GraphiteWeb()
    graphite.put(data, steps, NOW)
    failed, known = 0, 0
    with Server(sys.argv[1]) as server:
        server.put(data)
        for target in TARGETS:
            fields = [("target", target), ("format", "json"), ("now", str(NOW))]
            fields += [("from", str(FROM)), ("until", str(UNTIL))]
            (status, ours), (their_status, theirs) = server.ask("/render", fields), graphite.ask("/render", fields)
            try:
                if status != 200 or their_status != 200:
                    if status // 100 != 4 or their_status // 100 not in (4, 5):
                        raise Different(f"{status} {ours[:200]!r} and not {their_status} {theirs[:200]!r}")
                    continue
                compare(target, strict(ours), strict(theirs.replace(b"1e9999", b"null")))
                if reason(target):
                    failed += 1
                    print(f"{target}\n    is said to differ, and does not")
            except Different as difference:
                if reason(target):
                    known += 1
                else:
                    failed += 1
                    print(f"{target}\n    {difference}")
        failed += compare_times(server)
    print(f"{len(TARGETS)} targets: {known} differ for known reasons, {failed} fail in all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
