import assert from "node:assert/strict";
import { test } from "node:test";
import { full, isCount, logTicks, short, signed, ticks, unitOf } from "../../src/numbers.js";

test("three digits, with the prefixes of units", () => {
  /** @type {[number, import("../../src/numbers.js").Unit, string][]} */
  const cases = [
    [0, "", "0"],
    [-0, "", "-0"],
    [42, "", "42"],
    [3.14159, "", "3.14"],
    [-23.75, "%", "-23.8 %"],
    [999.9, "", "1.00 k"],
    [1234567, "B", "1.23 MB"],
    [1e21, "", "1e21"],
    [1.5e300, "", "1.5e300"],
    [1.5e-300, "", "1.5e-300"],
    [0.00012, "s", "120 µs"],
    [0.5, "s", "500 ms"],
    [90, "s", "90 s"],
    [7300, "s", "2.03 h"],
    [86400 * 12, "s", "12 d"],
    [0.012, "", "0.012"],
    [0.1, "", "0.1"],
    [0.3 - 0.1, "", "0.2"],
    [3.4999, "", "3.50"],
    [1.7e308, "", "1.7e308"],
    [-5.389e299, "", "-5.39e299"],
    [1e300, "B", "1e300 B"],
    [5e-324, "", "5e-324"],
  ];
  for (const [value, unit, text] of cases) assert.equal(short(value, unit), text);
});

test("a value in full reads back to the same bits", () => {
  assert.equal(full(1e300), "1e300");
  for (const value of [0.1, -0, 1e300, 5e-324, 2 ** 53 + 2, 1 / 3])
    assert.ok(Object.is(Number(full(value)), value));
});

test("a name tells a unit only if its last word does", () => {
  /** @type {[string, string, number][]} */
  const cases = [
    ["palm.disk.read_bytes", "B", 1],
    ["palm.sent_bytes_total", "B", 1],
    ["palm.bytes_left", "", 1],
    ["palm.latency_ms", "s", 1e-3],
    ["palm.swap_percent", "%", 1],
    ["palm.cpu", "%", 1],
    ["palm.cpu.0", "%", 1],
    ["palm.network_usage", "", 1],
    ["up_seconds;host=a_bytes", "s", 1],
    ["room.temperature_celsius", "°C", 1],
    // What every object has is no word.
    ["a.constructor", "", 1],
  ];
  for (const [key, unit, factor] of cases) assert.deepEqual(unitOf(key), [unit, factor], key);
  assert.ok(isCount("palm.requests_total") && isCount("a.count") && !isCount("a.counts"));
});

test("a change has its sign", () => {
  assert.deepEqual(
    [signed(1, 2.25, "%"), signed(1500, 0, ""), signed(7, 7, "B"), signed(-1.7e308, 1.7e308, "B")],
    ["+1.25 pp", "−1.5 k", "0", "+3.40e308 B"],
  );
});

test("an axis has at most as many marks as asked, at round numbers", () => {
  for (const [from, until] of [
    [0, 100],
    [-1, 1],
    [1e-9, 3e-9],
    [12.5, 1800],
    [-7e5, 2],
    [40, 44],
  ])
    for (const most of [2, 4, 6]) {
      const all = ticks(from, until, most);
      assert.ok(
        all.length >= 1 &&
          all.length <= most &&
          all.every((at) => at >= from - 1e-9 && at <= until * (1 + 1e-9)),
        `${from} ${until} ${most}: ${all}`,
      );
    }
  assert.deepEqual(ticks(5, 5, 6), [5]);
  assert.ok(logTicks(-300, 300, 6).length <= 6);
  assert.deepEqual(
    logTicks(0, 1, 6).map((at) => Math.round(10 ** at)),
    [1, 2, 5, 10],
  );
});
