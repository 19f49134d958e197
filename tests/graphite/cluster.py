#!/usr/bin/env python3
"""Puts graphite-web in front of a server of ours, as its cluster: it draws pictures of our samples, and
evaluates functions that we do not have.

    tests/graphite/cluster.py target/debug/metric-smol
"""

import math
import sys
import time

from peers import GraphiteWeb, Server, strict

STEP, COUNT = 10, 120


def main() -> None:
    now = int(time.time()) // STEP * STEP
    values = [20 + 7 * math.sin(i / 9) for i in range(COUNT)]
    times = [now - (COUNT - 1 - i) * STEP for i in range(COUNT)]
    with Server(sys.argv[1]) as server:
        server.put({
            "web.a.cpu": list(zip(times, values)),
            "web.b.cpu": [(time, 2 * value) for time, value in zip(times, values)],
            "temp;room=attic": list(zip(times, values)),
        })
        graphite = GraphiteWeb(f'CLUSTER_SERVERS = ["{server.host}:{server.port}?format=pickle"]')
        check_find(graphite)
        check_render(graphite, times, values)
        check_picture(graphite)
    print("graphite-web draws our samples")


def check_find(graphite: GraphiteWeb) -> None:
    status, reply = graphite.ask("/metrics/find", [("query", "web.*")])
    assert status == 200, reply
    nodes = [(node["id"], node["leaf"]) for node in strict(reply)]
    assert nodes == [("web.a", 0), ("web.b", 0)], nodes
    status, reply = graphite.ask("/metrics/find", [("query", "web.*.c*")])
    assert [node["leaf"] for node in strict(reply)] == [1], reply
    status, reply = graphite.ask("/metrics/index.json", [])
    assert strict(reply) == ["web.a.cpu", "web.b.cpu"], reply


def check_render(graphite: GraphiteWeb, times: list[int], values: list[float]) -> None:
    for target, factor in [("web.a.cpu", 1), ("seriesByTag('room=attic')", 1), ("web.*.cpu|sumSeries()", 3), ("stdev(web.a.cpu, 1)", None)]:
        fields = [("target", target), ("format", "json"), ("from", str(times[0] - 1)), ("until", str(times[-1]))]
        status, reply = graphite.ask("/render", fields)
        assert status == 200, reply
        [series] = strict(reply)
        assert [time for _, time in series["datapoints"]] == times, (target, series)
        if factor:
            for (value, _), expected in zip(series["datapoints"], values):
                assert math.isclose(value, factor * expected, rel_tol=1e-12), target


def check_picture(graphite: GraphiteWeb) -> None:
    """It evaluates linearRegression, which we do not have, and draws it."""
    fields = [("target", "web.*.cpu"), ("target", "linearRegression(web.a.cpu)"), ("from", "-20min")]
    status, reply = graphite.ask("/render", [*fields, ("width", "400"), ("height", "200")])
    assert status == 200 and reply.startswith(b"\x89PNG"), reply[:200]
    assert len(reply) > 5_000, "the picture is empty"


if __name__ == "__main__":
    main()
