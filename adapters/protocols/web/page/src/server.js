// What the server told of itself: its unit of time and its clock.

/** @typedef {{name: string, version: string, unit: string, now: number | string, series: number, samples: number, delete: boolean, native: boolean, trouble: string | null}} Info */

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

/** The series whose samples seem to count another unit than the server's, and that unit.
 * @type {Map<string, string>} */
export const doubtful = new Map();

/** Notes whether the newest sample of a series lies in this century in another unit only.
 * @param {string} key @param {bigint} time */
export function suspect(key, time) {
  const isRecent = (/** @type {bigint} */ per) =>
    time / per >= 946684800n && time / per < 4102444800n;
  const other = Object.keys(PER_SECOND).find((name) => isRecent(PER_SECOND[name]));
  if (other === undefined || other === unit) doubtful.delete(key);
  else doubtful.set(key, other);
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
