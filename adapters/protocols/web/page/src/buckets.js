// Buckets of a series as a chart keeps them: read from the server, and continued by new samples.

/** @typedef {{time: bigint, min: number, max: number, mean: number, first: number, last: number, count: number}} Bucket */

/** @param {import("./api.js").Row} row @returns {Bucket} */
export function read([time, min, max, mean, first, last, count]) {
  return { time: BigInt(time), min, max, mean, first, last, count };
}

/** Makes a bucket of one sample. @param {bigint} time @param {number} value @returns {Bucket} */
export function single(time, value) {
  return { time, min: value, max: value, mean: value, first: value, last: value, count: 1 };
}

/** Adds a sample that is not older than those before. One of the same time replaces the newest.
 * @param {Bucket[]} buckets @param {bigint} width @param {bigint} time @param {number} value
 * @param {bigint | null} newest the time of the newest sample in the buckets */
export function append(buckets, width, time, value, newest) {
  const start = startOf(time, width);
  const bucket = buckets[buckets.length - 1];
  if (!bucket || bucket.time < start) {
    buckets.push(single(start, value));
  } else if (width > 1n && (newest === null || time > newest)) {
    bucket.min = Math.min(bucket.min, value);
    bucket.max = Math.max(bucket.max, value);
    // Divided first: the difference of huge values may be no double.
    bucket.mean += value / ++bucket.count - bucket.mean / bucket.count;
    bucket.last = value;
  } else if (bucket.count === 1) {
    Object.assign(bucket, single(start, value));
  }
}

/** Adds the newest samples where nobody knows whether the last bucket has them already: its count and mean
 * stay as they are.
 * @param {Bucket[]} buckets @param {bigint} width @param {[bigint, number][]} fresh */
export function join(buckets, width, fresh) {
  const last = buckets[buckets.length - 1];
  let newest = null;
  for (const [time, value] of fresh) {
    const start = startOf(time, width);
    if (!last || start > last.time) {
      append(buckets, width, time, value, newest);
      newest = time;
    } else if (start === last.time) {
      if (width === 1n) Object.assign(last, single(time, value));
      last.min = Math.min(last.min, value);
      last.max = Math.max(last.max, value);
      last.last = value;
    }
  }
}

/** What is drawn of a series: `newest` is the time of its newest sample, `fresh` the samples since its buckets
 * were asked for, null if they have come.
 * @typedef {{buckets: Bucket[], newest: bigint | null, fresh: [bigint, number][] | null}} Course */

/** Continues a course by new samples. Earlier ones are of a series that has begun anew, for whose course is
 * asked again. @param {Course} course @param {bigint} width @param {[bigint, number][]} fresh */
export function proceed(course, width, fresh) {
  for (const [time, value] of fresh) {
    if (course.newest !== null && time < course.newest) continue;
    append(course.buckets, width, time, value, course.newest);
    course.newest = time;
  }
  course.fresh?.push(...fresh);
}

/** Takes the buckets that were asked for, and the samples that came while they were on their way.
 * @param {Course} course @param {bigint} width @param {Bucket[]} buckets @param {bigint | null} newest */
export function renew(course, width, buckets, newest) {
  join(buckets, width, course.fresh ?? []);
  Object.assign(course, { buckets, newest, fresh: null });
}

/** @param {bigint} time @param {bigint} width */
const startOf = (time, width) => time - (((time % width) + width) % width);

/** @typedef {{count: number, min: number, max: number, mean: number, first: number, last: number, from: bigint, until: bigint}} Statistics */

/** @param {Bucket[]} buckets @returns {Statistics | null} */
export function statistics(buckets) {
  if (!buckets.length) return null;
  const [begin, end] = [buckets[0], buckets[buckets.length - 1]];
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const min = Math.min(...buckets.map((bucket) => bucket.min));
  const max = Math.max(...buckets.map((bucket) => bucket.max));
  // Divided first: the sum of huge values may be no double.
  const mean = total(buckets.map((bucket) => bucket.mean * (bucket.count / count)));
  return {
    count,
    min,
    max,
    // So many digits are right.
    mean: min === max ? min : Number(mean.toPrecision(15)),
    first: begin.first,
    last: end.last,
    from: begin.time,
    until: end.time,
  };
}

/** Adds numbers, and what their sums round away. @param {number[]} numbers */
function total(numbers) {
  let [sum, lost] = [0, 0];
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Returns the increase per second of a counter from the first bucket to the last, or null.
 * @param {Bucket[]} buckets @param {(time: bigint) => number} x in seconds */
export function rate(buckets, x) {
  const rises = buckets.slice(1).map((bucket, index) => rise(buckets[index].last, bucket));
  const [begin, end] = [buckets[0], buckets[buckets.length - 1]];
  return rises.length ? total(rises) / (x(end.time) - x(begin.time)) : null;
}

/** Tells whether values fall, which a rate takes for a counter that begins again.
 * @param {Bucket[]} buckets */
export function falls(buckets) {
  return buckets.some((bucket, index) => index > 0 && bucket.min < buckets[index - 1].last);
}

/** Returns the buckets that have samples in a window. @param {Bucket[]} buckets
 * @param {bigint} width @param {{from: bigint, until: bigint}} window */
export function within(buckets, width, { from, until }) {
  return buckets.filter(({ time }) => time + width > from && time <= until);
}

/** Returns the distance beyond which two buckets have a gap between them: three times the distance
 * that three of four do not exceed. @param {number[]} times ascending */
export function gapOf(times) {
  if (times.length < 4) return Infinity;
  const distances = times
    .slice(1)
    .map((time, index) => time - times[index])
    .sort((a, b) => a - b);
  return 3 * distances[Math.floor((distances.length - 1) * 0.75)] * (1 + 1e-9);
}

/** Returns the increase per second between buckets of a counter. One that falls was reset to 0.
 * @param {Bucket[]} buckets @param {(time: bigint) => number} x in seconds @returns {(number | null)[]} */
export function rates(buckets, x) {
  return buckets.map((bucket, index) => {
    if (!index) return null;
    const before = buckets[index - 1];
    const rate = rise(before.last, bucket) / (x(bucket.time) - x(before.time));
    return isFinite(rate) ? rate : null;
  });
}

/** @param {number} before @param {Bucket} bucket */
function rise(before, { min, max, first, last }) {
  if (min >= before) return last - before;
  // Reset before its first sample, or within it.
  return first < before ? last : max - before + last;
}
