// What the server told of itself: its unit of time and its clock.

/** @typedef {{name: string, version: string, unit: string, now: number | string, series: number, samples: number, delete: boolean}} Info */

/** @type {Record<string, bigint>} */
const PER_SECOND = { s: 1n, ms: 1000n, us: 1000000n, ns: 1000000000n };

/** Units of time in a second. */
export let per = 1n;

export let unit = "s";

/** @type {Info | null} */
export let info = null;

let offset = 0n;

/** @param {Info} told */
export function learn(told) {
  info = told;
  unit = told.unit;
  per = PER_SECOND[unit] ?? 1n;
  setNow(BigInt(told.now));
}

/** Sets the clock, in the server's unit. @param {bigint} now */
export function setNow(now) {
  offset = now - ownClock();
}

/** Returns the time of the server's clock, in its unit. */
export function now() {
  return ownClock() + offset;
}

function ownClock() {
  return fromSeconds(performance.now() / 1000);
}

/** Returns a distance of time in seconds. @param {bigint} distance */
export function seconds(distance) {
  return Number(distance) / Number(per);
}

/** Returns a distance of time in the server's unit. @param {number} distance in seconds */
export function fromSeconds(distance) {
  return BigInt(Math.round(distance * Number(per)));
}
