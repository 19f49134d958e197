import assert from "node:assert/strict";
import { test } from "node:test";
import { address, batches } from "../../src/api.js";
import { isPattern, literal, split } from "../../src/patterns.js";
import { quote, serverOptions } from "../../src/shell.js";
import { format, formatChart, parse } from "../../src/view.js";

test("a view reads back from its address", () => {
  const hashes = [
    "#",
    "#range=6h&live=0",
    "#from=-9223372036854775808&until=9223372036854775807",
    "#by=metric&zone=utc&chart=%3Dpalm.cpu+%7E*.%7Ba%2Cb%7D+%21log+%21rate+%21tall",
    "#key=%3Cimg%2Fsrc%3Dx%3E%26chart%3D%3Da&form=log+rate",
    "#chart=%3D%E6%B8%A9%E5%BA%A6.%E5%AE%A4%E5%86%85",
  ];
  for (const hash of hashes) assert.equal(format(parse(hash)), hash);
});

test("an address of anything is a view", () => {
  for (const hash of [
    "#range=1y",
    "#range=constructor",
    "#from=5",
    "#from=9&until=3",
    "#from=x&until=y",
    "#chart=",
    "#chart=!log",
    "#%",
    "#from=99999999999999999999&until=1",
  ]) {
    const view = parse(hash);
    assert.deepEqual([view.range, view.from, view.until, view.charts], ["", null, null, []], hash);
  }
});

test("a batch of keys fits the line of a request", () => {
  const keys = Array.from({ length: 250 }, (_, index) => "温".repeat(80) + index);
  const all = batches(keys);
  assert.deepEqual(all.flat(), keys);
  for (const batch of all)
    assert.ok(
      address(
        "/v1/range",
        batch.map((key) => ["key", key]),
      ).length < 7200,
    );
  assert.deepEqual(batches(["a", "b", "c"], 2), [["a", "b"], ["c"]]);
  assert.deepEqual(batches([]), []);
});

test("what is special in a pattern is escaped", () => {
  assert.equal(literal("a*?[b]{c,d}\\e.f"), "a\\*\\?\\[b\\]\\{c\\,d\\}\\\\e.f");
  assert.ok(isPattern("*.cpu") && !isPattern("palm.cpu"));
  assert.deepEqual(
    [split("a.b.c"), split("a")],
    [
      ["a", "b.c"],
      ["", "a"],
    ],
  );
});

test("a key is one word of a shell", () => {
  assert.equal(quote("palm.cpu"), "palm.cpu");
  assert.equal(quote("it's;rm"), "'it'\\''s;rm'");
  assert.equal(serverOptions("localhost:8888"), "");
  assert.equal(serverOptions("palm:9000"), " --server palm:9000");
});

test("a chart may be of one unit", () => {
  for (const chart of ["~palm.** @B", "~palm.** @ !rate", "~palm.** @°C", "=a ~b"])
    assert.equal(formatChart(parse("#chart=" + encodeURIComponent(chart)).charts[0]), chart);
});
