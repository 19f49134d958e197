// Times as text and as marks of an axis, in the viewer's zone or in UTC. Times are 64-bit integers in
// the server's unit.
import { per, seconds, unit } from "./server.js";

/** Whether times are shown in UTC. */
export const zone = { utc: false };

export function zoneName() {
  return zone.utc ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DIGITS = /** @type {Record<string, number>} */ ({ s: 0, ms: 3, us: 6, ns: 9 });

/** Year, month from 0, day, hour, minute, second. @typedef {[number, number, number, number, number, number]} Fields */

/** @param {number} second since 1970 @returns {Fields} */
function fields(second) {
  const d = new Date(second * 1000);
  return zone.utc
    ? [
        d.getUTCFullYear(),
        d.getUTCMonth(),
        d.getUTCDate(),
        d.getUTCHours(),
        d.getUTCMinutes(),
        d.getUTCSeconds(),
      ]
    : [d.getFullYear(), d.getMonth(), d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
}

/** @param {Fields} f */
function second(f) {
  const date = new Date(0);
  if (zone.utc) {
    date.setUTCFullYear(f[0], f[1], f[2]);
    date.setUTCHours(f[3], f[4], f[5], 0);
  } else {
    date.setFullYear(f[0], f[1], f[2]);
    date.setHours(f[3], f[4], f[5], 0);
  }
  return date.getTime() / 1000;
}

/** @param {bigint} time @returns {[number, string]} whole seconds, and the digits behind them */
function cut(time) {
  let whole = time / per;
  if (time < whole * per) whole -= 1n;
  const digits = DIGITS[unit];
  return [Number(whole), digits ? "." + String(time - whole * per).padStart(digits, "0") : ""];
}

const LAST_SECOND = 8.64e12;

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/** Writes a time in full: 2026-11-28 12:00:03. @param {bigint} time */
export function stamp(time) {
  const [whole, fraction] = cut(time);
  if (Math.abs(whole) > LAST_SECOND) return String(time) + " " + unit;
  const f = fields(whole);
  return `${f[0]}-${two(f[1] + 1)}-${two(f[2])} ${two(f[3])}:${two(f[4])}:${two(f[5])}${fraction}`;
}

/** Writes a time as RFC 3339 in UTC, to the last digit of its unit. @param {bigint} time */
export function iso(time) {
  const [whole, fraction] = cut(time);
  return new Date(whole * 1000).toISOString().replace(".000", fraction);
}

/** Writes both ends of a window, without what they share, and without parts of a second if it has
 * minutes. @param {bigint} from @param {bigint} until */
export function window(from, until) {
  const parts = until - from < 60n * per ? /\.0*$/ : /\.\d*$/;
  const [start, end] = [stamp(from), stamp(until)].map((text) => text.replace(parts, ""));
  const clock = (/** @type {string} */ text) => text.replace(/(:\d\d):00$/, "$1");
  return (
    clock(start) + " – " + clock(start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end)
  );
}

/** Reads the text of a `datetime-local` input. @param {string} text */
export function parse(text) {
  const f = text.match(/\d+/g)?.map(Number) ?? [];
  if (f.length < 5) return null;
  return BigInt(second([f[0], f[1] - 1, f[2], f[3], f[4], f[5] ?? 0])) * per;
}

const AGES = /** @type {[number, string][]} */ ([
  [31557600, "y"],
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
]);

/** Writes how long ago something was, in one unit. @param {number} age in seconds */
export function age(age) {
  const [size, name] = AGES.find(([size]) => age >= size) ?? [1, "s"];
  return Math.max(0, Math.floor(age / size)) + " " + name;
}

/** Writes when something was, or will be by the server's clock. @param {number} seconds of its age */
export function ago(seconds) {
  return seconds < -SKEW ? `in ${age(-seconds)}` : `${age(seconds)} ago`;
}

// Clocks differ by so many seconds.
const SKEW = 5;

/** A distance between marks: a field of the calendar, a number of it, and its seconds.
 * @typedef {[number, number, number]} Step */
/** @type {Step[]} */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => /** @type {Step} */ ([5, n, n])),
  ...[1, 2, 5, 10, 15, 30].map((n) => /** @type {Step} */ ([4, n, n * 60])),
  ...[1, 2, 3, 6, 12].map((n) => /** @type {Step} */ ([3, n, n * 3600])),
  ...[1, 2, 7, 14].map((n) => /** @type {Step} */ ([2, n, n * 86400])),
  ...[1, 2, 3, 6].map((n) => /** @type {Step} */ ([1, n, n * 2629800])),
  ...[1, 2, 5, 10, 20, 50, 100, 1000, 10000, 100000].map(
    (n) => /** @type {Step} */ ([0, n, n * 31557600]),
  ),
];

/** Returns the marks of a window of time, at most `most`, each with its text.
 * @param {bigint} from @param {bigint} until @param {number} most @returns {[bigint, string][]} */
export function ticks(from, until, most) {
  const least = seconds(until - from) / most;
  if (least < 0.5 && per > 1n) return fineTicks(from, until, least);
  const step = STEPS.find(([, , size]) => size >= least);
  const [start, end] = [cut(from)[0], cut(until)[0]];
  if (!step || Math.abs(start) > LAST_SECOND || Math.abs(end) > LAST_SECOND) return [];
  return coarseTicks(start, end, step)
    .map((at) => /** @type {[bigint, string]} */ ([BigInt(at) * per, label(fields(at), step)]))
    .filter(([at]) => at >= from && at <= until);
}

/** @param {number} start @param {number} end @param {Step} step */
function coarseTicks(start, end, [field, count, size]) {
  const f = fields(start);
  for (let lower = field + 1; lower < 6; lower++) f[lower] = lower === 2 ? 1 : 0;
  const origin = field === 2 ? 1 : 0;
  f[field] -= (f[field] - origin) % count;
  const all = [];
  let at = second(f);
  while (at <= end && all.length < 100) {
    all.push(at);
    f[field] += count;
    // A clock that is set back shows an hour twice.
    at = Math.max(second(f), at + size / 2);
  }
  return all;
}

/** @param {bigint} from @param {bigint} until @param {number} least @returns {[bigint, string][]} */
function fineTicks(from, until, least) {
  const units = least * Number(per);
  const power = 10 ** Math.floor(Math.log10(Math.max(units, 1)));
  const step = BigInt(Math.max(1, power * ([1, 2, 5].find((nice) => nice * power >= units) ?? 10)));
  /** @type {[bigint, string][]} */
  const all = [];
  for (let at = (from / step) * step; at <= until; at += step)
    if (at >= from) all.push([at, stamp(at).slice(16).replace(/0+$/, "")]);
  return all;
}

/** @param {Fields} f @param {Step} step */
function label(f, [field]) {
  if (field === 0 || (field <= 2 && f[1] === 0 && f[2] === 1)) return String(f[0]);
  if (field === 1) return MONTHS[f[1]];
  const midnight = !f[3] && !f[4] && !f[5];
  if (field === 2 || midnight) return `${f[2]} ${MONTHS[f[1]]}`;
  return `${two(f[3])}:${two(f[4])}` + (field === 5 ? ":" + two(f[5]) : "");
}
