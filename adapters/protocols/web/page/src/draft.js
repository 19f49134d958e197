// What a chart draws of the window: the samples as they are where they are few, else buckets.
import * as api from "./api.js";
import { read, single } from "./buckets.js";
import { clamp, clock, length } from "./clock.js";
import { newestOf } from "./newest.js";

/** @typedef {{width: bigint, found: Map<string, import("./buckets.js").Bucket[]>}} Draft */

// The part of the window that is asked for on both sides, so that lines reach the edges.
const MARGIN = 0.1;
// Samples in each bucket between which a rate is drawn.
const PER_RATE = 20;
// Up to so many samples are asked for as they are, since their rates are exact.
const MOST_RATED = 20000;

/** Asks for what is drawn of some series. @param {string[]} keys @param {number} pixels of the chart
 * @param {boolean} rate @returns {Promise<Draft>} */
export async function ask(keys, pixels, rate) {
  const points = Math.round(pixels * (1 + 2 * MARGIN));
  const most = rate ? MOST_RATED / Math.max(1, keys.length) : points;
  const few = expected(keys) <= most && (await samples(keys, Math.round(most * 2)));
  return few || buckets(keys, rate ? ratable(keys, points) : points);
}

/** About how many samples the densest series has. @param {string[]} keys */
function expected(keys) {
  const paces = keys.map((key) => newestOf(key)?.pace || Infinity);
  return (length() * (1 + 2 * MARGIN)) / Math.min(...paces);
}

/** The time of a bucket's last sample is not known, so the rate between buckets needs many in each.
 * @param {string[]} keys @param {number} points */
function ratable(keys, points) {
  return Math.max(10, Math.min(points, Math.round(expected(keys) / PER_RATE)));
}

/** Asks for the samples at their own times; null if a series has `most` of them.
 * @param {string[]} keys @param {number} most @returns {Promise<Draft | null>} */
async function samples(keys, most) {
  const all = await api.samples(keys, [...span(), ["newest", most]]);
  if (all.some(({ samples }) => samples.length >= most)) return null;
  const bucket = (/** @type {api.Sample} */ [time, value]) => single(BigInt(time), value);
  return { width: 1n, found: new Map(all.map(({ key, samples }) => [key, samples.map(bucket)])) };
}

/** @param {string[]} keys @param {number} points @returns {Promise<Draft>} */
async function buckets(keys, points) {
  const { width, series } = await api.buckets(keys, [...span(), ["points", points]]);
  const found = new Map(series.map(({ key, buckets }) => [key, buckets.map(read)]));
  return { width: BigInt(width), found };
}

/** @returns {api.Parameters} */
function span() {
  const margin = (clock.until - clock.from) / BigInt(1 / MARGIN);
  return [
    ["from", clamp(clock.from - margin)],
    ["until", clamp(clock.until + margin)],
  ];
}
