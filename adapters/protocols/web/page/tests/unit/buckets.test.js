import assert from "node:assert/strict";
import { test } from "node:test";
import { align } from "../../src/align.js";
import {
  append,
  falls,
  gapOf,
  join,
  rate,
  rates,
  single,
  statistics,
  within,
} from "../../src/buckets.js";

/** @param {...[number, number]} samples */
const buckets = (...samples) => samples.map(([time, value]) => single(BigInt(time), value));

const plain = { rate: false, log: false };

test("samples go into the bucket of their time, of which starts are multiples of the width", () => {
  /** @type {import("../../src/buckets.js").Bucket[]} */
  const all = [];
  append(all, 10n, -5n, 1, null);
  append(all, 10n, 12n, 5, -5n);
  append(all, 10n, 14n, 3, 12n);
  assert.deepEqual(
    all.map(({ time }) => time),
    [-10n, 10n],
  );
  assert.deepEqual(all[1], { time: 10n, min: 3, max: 5, mean: 4, first: 5, last: 3, count: 2 });
});

test("a sample of the same time replaces the newest", () => {
  const all = buckets([10, 1]);
  append(all, 10n, 10n, 7, 10n);
  assert.deepEqual(all, buckets([10, 7]));
});

test("samples are joined to buckets that may have them already", () => {
  for (let round = 0; round < 500; round++) {
    const width = [1n, 10n, 60n][round % 3];
    const times = Array.from({ length: 12 }, () => BigInt(Math.floor(Math.random() * 150)));
    times.sort((a, b) => Number(a - b));
    const samples = times.map((time) => /** @type {[bigint, number]} */ ([time, Math.random()]));
    const unique = samples.filter(([time], index) => time !== samples[index + 1]?.[0]);
    const [came, answered] = [0, 1].map(() => Math.floor(Math.random() * (unique.length + 1)));
    const [all, some] = [
      made(unique, width),
      made(unique.slice(0, Math.max(came, answered)), width),
    ];
    join(some, width, unique.slice(came));
    const told = (/** @type {import("../../src/buckets.js").Bucket[]} */ buckets) =>
      buckets.map(({ time, min, max, first, last }) => ({ time, min, max, first, last }));
    assert.deepEqual(told(some), told(all));
  }
});

/** @param {[bigint, number][]} samples @param {bigint} width */
function made(samples, width) {
  /** @type {import("../../src/buckets.js").Bucket[]} */
  const all = [];
  /** @type {bigint | null} */
  let newest = null;
  for (const [time, value] of samples) {
    append(all, width, time, value, newest);
    newest = time;
  }
  return all;
}

test("a late sample is not joined", () => {
  const all = buckets([10, 1], [20, 2]);
  join(all, 10n, [[12n, 7]]);
  assert.deepEqual(all, buckets([10, 1], [20, 2]));
});

test("statistics are of all samples, also of huge ones", () => {
  const all = [
    ...buckets([0, 1.5e308], [1, 1.7e308]),
    { time: 2n, min: -1e308, max: 1, mean: -5e307, first: 1, last: -1e308, count: 2 },
  ];
  const told = statistics(all);
  assert.equal(told?.count, 4);
  assert.deepEqual([told?.min, told?.max, told?.last], [-1e308, 1.7e308, -1e308]);
  assert.ok(Math.abs((told?.mean ?? 0) / 5.5e307 - 1) < 1e-12);
  assert.equal(statistics([]), null);
});

test("a gap is thrice the usual distance", () => {
  assert.equal(gapOf([0, 10]), Infinity);
  const gap = gapOf([0, 10, 20, 30, 90, 100, 110, 120, 130, 140, 150]);
  assert.ok(gap > 30 && gap < 31);
});

test("a counter that falls was reset to 0", () => {
  const all = [
    ...buckets([0, 10], [10, 60], [20, 20]),
    { time: 30n, min: 0, max: 50, mean: 20, first: 50, last: 5, count: 9 },
  ];
  assert.deepEqual(rates(all, Number), [null, 5, 2, 3.5]);
});

test("series of different pace share times: no sample is undefined, a gap is null", () => {
  const { xs, columns } = align([buckets([0, 1], [2, 2]), buckets([1, 5])], Number, plain);
  assert.deepEqual(xs, [0, 1, 2]);
  assert.deepEqual(columns[0], [1, undefined, 2]);
  assert.deepEqual(columns[3], [undefined, 5, undefined]);
  const torn = align([buckets([0, 1], [1, 1], [2, 1], [3, 1], [9, 1], [10, 1])], Number, plain);
  assert.deepEqual(torn.xs, [0, 1, 2, 3, 6, 9, 10]);
  assert.equal(torn.columns[0][4], null);
});

test("a sample between gaps is known, so that it can be drawn", () => {
  const { xs, lone } = align(
    [
      buckets(
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 1],
        [20, 1],
        [40, 1],
        [41, 1],
        [42, 1],
        [43, 1],
        [44, 1],
        [45, 1],
      ),
    ],
    Number,
    plain,
  );
  assert.deepEqual(
    lone[0].map((place) => xs[place]),
    [20],
  );
});

test("a logarithm leaves out what has none", () => {
  const { columns } = align([buckets([0, 100], [1, 0], [2, -5])], Number, {
    rate: false,
    log: true,
  });
  assert.deepEqual(columns[0], [2, null, null]);
});

test("the mean of a constant is the constant", () => {
  for (const value of [42, -0, 0.1, 1e308]) {
    const all = Array.from({ length: 997 }, (_, index) => ({
      ...single(BigInt(index), value),
      count: 1 + (index % 7),
    }));
    assert.ok(Object.is(statistics(all)?.mean, value), String(value));
  }
  const two = Array.from({ length: 999 }, (_, index) => ({
    ...single(BigInt(index), index % 3 ? 42.3 : 41.4),
    count: 3,
  }));
  assert.equal(statistics(two)?.mean, 42);
});

test("the rate over a range is that of a counter which is reset", () => {
  const counter = buckets(
    ...Array.from({ length: 20 }, (_, i) => /** @type {[number, number]} */ ([i, (i % 10) * 100])),
  );
  assert.equal(rate(counter.slice(0, 10), Number), 100);
  assert.equal(rate(counter, Number), 1800 / 19);
  assert.equal(rate(counter.slice(0, 1), Number), null);
  assert.deepEqual([falls(counter), falls(counter.slice(0, 10))], [true, false]);
});

test("only buckets with samples in the window are seen", () => {
  const all = buckets([0, 1], [10, 2], [20, 3], [30, 4]);
  const seen = within(all, 10n, { from: 15n, until: 20n });
  assert.deepEqual(
    seen.map(({ time }) => time),
    [10n, 20n],
  );
});
