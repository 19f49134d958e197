import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { doubtful, learn, suspect } from "../../src/server.js";
import { age, ago, iso, parse, stamp, ticks, window, zone } from "../../src/times.js";

/** @param {string} unit */
const unit = (unit) =>
  learn({
    name: "",
    version: "",
    unit,
    now: "0",
    series: 0,
    samples: 0,
    delete: false,
    native: true,
    trouble: null,
  });

beforeEach(() => {
  zone.utc = true;
  unit("s");
});

test("a time is written to the last digit of its unit", () => {
  assert.equal(stamp(1150864247n), "2006-06-21 04:30:47");
  unit("ns");
  assert.equal(stamp(1150864247000000001n), "2006-06-21 04:30:47.000000001");
  assert.equal(stamp(-1n), "1969-12-31 23:59:59.999999999");
  unit("s");
  assert.equal(stamp(2n ** 63n - 1n), "9223372036854775807 s");
});

test("what is written is read back", () => {
  assert.equal(parse("2006-06-21T04:30:47"), 1150864247n);
  assert.equal(parse("0099-01-01T00:00"), -59042995200n);
  assert.equal(parse(""), null);
});

test("a window does not repeat its day", () => {
  assert.equal(window(1150864200n, 1150867800n), "2006-06-21 04:30 – 05:30");
  assert.equal(window(1150864200n, 1150950601n), "2006-06-21 04:30 – 2006-06-22 04:30:01");
});

test("a window of minutes has no parts of a second", () => {
  unit("ms");
  assert.equal(window(1150864200921n, 1150867800921n), "2006-06-21 04:30 – 05:30");
  assert.equal(window(1150864200921n, 1150864201000n), "2006-06-21 04:30:00.921 – 04:30:01");
});

test("an age has one unit", () => {
  assert.deepEqual([0, 59.9, 61, 3700, 90000, 4e7].map(age), [
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "1 d",
    "1 y",
  ]);
  assert.equal(age(-5), "0 s");
});

test("marks are at round times, at most as many as asked", () => {
  const at = 1150864247n;
  for (const length of [5n, 60n, 3600n, 86400n, 604800n, 2629800n, 31557600n, 3155760000n]) {
    const all = ticks(at, at + length, 6);
    assert.ok(all.length >= 2 && all.length <= 7, `${length}: ${all}`);
  }
  assert.deepEqual(
    ticks(at, at + 3600n, 6).map(([, text]) => text),
    ["04:40", "04:50", "05:00", "05:10", "05:20", "05:30"],
  );
  assert.deepEqual(
    ticks(1135900800n, 1136246400n, 6).map(([, text]) => text),
    ["30 Dec", "31 Dec", "2006", "2 Jan", "3 Jan"],
  );
});

test("nanoseconds have marks of their own", () => {
  unit("ns");
  const at = 1150864247000000000n;
  assert.deepEqual(
    ticks(at, at + 10n, 6).map(([time]) => time - at),
    [0n, 2n, 4n, 6n, 8n, 10n],
  );
  assert.equal(ticks(at, at + 10n, 6)[1][1], ":47.000000002");
});

test("marks go on when a clock is set back", () => {
  zone.utc = false;
  const zoneBefore = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  const all = ticks(1161990000n, 1162162800n, 6).map(([time]) => time);
  process.env.TZ = zoneBefore;
  assert.ok(
    all.every((time, index) => !index || time > all[index - 1]),
    String(all),
  );
});

test("a time that is to come is not said to be past", () => {
  assert.deepEqual([60, 0, -3, -6, -2592000].map(ago), [
    "1 min ago",
    "0 s ago",
    "0 s ago",
    "in 6 s",
    "in 30 d",
  ]);
});

test("a time in RFC 3339 has the digits of its unit", () => {
  assert.equal(iso(1150864247n), "2006-06-21T04:30:47Z");
  unit("ms");
  assert.equal(iso(1150864247292n), "2006-06-21T04:30:47.292Z");
  unit("ns");
  assert.equal(iso(1150864247000000001n), "2006-06-21T04:30:47.000000001Z");
});

test("a time of this century in another unit only is doubtful", () => {
  unit("ms");
  suspect("seconds", 1150864247n);
  suspect("nanoseconds", 1150864247000000000n);
  for (const [key, time] of Object.entries({ own: 1150864247000n, small: 5n, far: 1n << 62n }))
    suspect(key, time);
  assert.deepEqual(
    [...doubtful],
    [
      ["seconds", "s"],
      ["nanoseconds", "ns"],
    ],
  );
  suspect("seconds", 1150864247000n);
  assert.equal(doubtful.size, 1);
  doubtful.clear();
});
