// The columns that uPlot draws: one of times, and a line, a lowest and a highest value of each series.
// Series of different pace share the times: `undefined` is no sample there, `null` a gap.
import { gapOf, rates } from "./buckets.js";

/** @typedef {import("./buckets.js").Bucket} Bucket */
/** @typedef {(number | null | undefined)[]} Column */
/** @typedef {{rate: boolean, log: boolean}} Drawing */

/** @param {Bucket[][]} series @param {(time: bigint) => number} x @param {Drawing} drawing
 * @returns {{xs: number[], columns: Column[], lone: number[][]}} `lone` has the places of samples without neighbours */
export function align(series, x, drawing) {
  const lines = series.map((buckets) => lineOf(buckets, x, drawing));
  const xs = [...new Set(lines.flatMap((line) => line.map(([at]) => at)))].sort((a, b) => a - b);
  const places = new Map(xs.map((at, place) => [at, place]));
  const columns = lines.flatMap((line) => columnsOf(line, places, xs.length));
  return { xs, columns, lone: lines.map((line) => loneOf(line, places)) };
}

/** @typedef {[number, number | null, number | null, number | null]} Point: x, mean, min, max */

/** @param {Bucket[]} buckets @param {(time: bigint) => number} x @param {Drawing} drawing @returns {Point[]} */
function lineOf(buckets, x, { rate, log }) {
  const times = buckets.map((bucket) => x(bucket.time));
  const gap = gapOf(times);
  const rising = rate ? rates(buckets, x) : [];
  const scale = log ? logarithm : (/** @type {number | null} */ value) => value;
  /** @type {Point[]} */
  const line = [];
  buckets.forEach(({ mean, min, max }, index) => {
    const torn = index > 0 && times[index] - times[index - 1] > gap;
    if (torn) line.push([(times[index] + times[index - 1]) / 2, null, null, null]);
    // A rate over a gap is of no use.
    const [line0, low, high] = rate ? Array(3).fill(torn ? null : rising[index]) : [mean, min, max];
    line.push([times[index], scale(line0), scale(low), scale(high)]);
  });
  return line;
}

/** @param {number | null} value */
function logarithm(value) {
  return value !== null && value > 0 ? Math.log10(value) : null;
}

/** @param {Point[]} line @param {Map<number, number>} places @param {number} size @returns {Column[]} */
function columnsOf(line, places, size) {
  return [1, 2, 3].map((field) => {
    /** @type {Column} */
    const column = new Array(size).fill(undefined);
    for (const point of line) column[/** @type {number} */ (places.get(point[0]))] = point[field];
    return column;
  });
}

/** @param {Point[]} line @param {Map<number, number>} places */
function loneOf(line, places) {
  const empty = (/** @type {Point | undefined} */ point) => !point || point[1] === null;
  return line
    .filter((point, index) => !empty(point) && empty(line[index - 1]) && empty(line[index + 1]))
    .map((point) => /** @type {number} */ (places.get(point[0])));
}
