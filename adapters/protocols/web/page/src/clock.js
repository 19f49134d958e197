// The one window of time over all charts and cards. Its ends are exact; what is drawn is in seconds
// from `base`, which follows the window, so that doubles suffice.
import { settled } from "./dom.js";
import { current, go, onView } from "./navigation.js";
import { fromSeconds, now, per, seconds } from "./server.js";
import { RANGES } from "./view.js";

export const clock = { range: "1h", from: 0n, until: 1n, base: 0n, live: true, held: false };

/** @typedef {{first: bigint, last: bigint}} Extent */

/** The first and last sample of all series seen so far. @type {Extent | null} */
let extent = null;

/** Those of each series. @type {Map<string, Extent>} */
const extents = new Map();

/** The series of each chart. @type {Map<object, string[]>} */
const covered = new Map();

/** @type {(() => void)[]} */
const movers = [];
/** @type {(() => void)[]} */
const askers = [];

/** Calls `listener` when the window moves. @param {() => void} listener */
export function onMove(listener) {
  movers.push(listener);
}

/** Calls `listener` when the window needs other data. @param {() => void} listener */
export function onSettle(listener) {
  askers.push(listener);
}

/** Returns a time in seconds from the base. @param {bigint} time */
export const x = (time) => seconds(time - clock.base);

/** @param {number} x */
export const timeAt = (x) => clock.base + fromSeconds(x);

/** Returns the seconds of the window. */
export const length = () => seconds(clock.until - clock.from);

/** Takes the window from the view. */
export function obey() {
  clock.live = current.live;
  if (current.from !== null && current.until !== null) {
    clock.range = "";
    place(current.from, current.until);
  } else {
    clock.range = current.range || automatic();
    placeRange();
  }
  settle();
}

/** The range if none was asked for: an hour, or what is needed to see the newest sample. */
function automatic() {
  const age = extent ? seconds(now() - extent.last) : 0;
  return Object.keys(RANGES).find((name) => RANGES[name] >= Math.max(3600, age * 1.5)) ?? "all";
}

function placeRange() {
  if (clock.range === "all") placeAll();
  else place(now() - fromSeconds(RANGES[clock.range]), now());
}

function placeAll() {
  const { first, last } = shownExtent() ?? { first: now() - fromSeconds(3600), last: now() };
  const least = fromSeconds(60);
  place(last - first < least ? last - least : first, last);
}

/** The first and last sample of what is shown: of the one series, of those in charts, or of all. */
function shownExtent() {
  const keys = current.key !== null ? [current.key] : [...covered.values()].flat();
  const known = keys.map((key) => extents.get(key)).filter((extent) => extent !== undefined);
  return known.length ? known.reduce(union) : extent;
}

/** Tells which series a chart shows. @param {object} chart @param {string[]} keys */
export function cover(chart, keys) {
  const before = covered.get(chart) ?? [];
  if (keys.length) covered.set(chart, keys);
  else covered.delete(chart);
  if (clock.range === "all" && before.join(" ") !== keys.join(" ")) adapt();
}

const [FIRST, LAST] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Returns the time of 64 bits that is nearest. @param {bigint} time */
export function clamp(time) {
  return time < FIRST ? FIRST : time > LAST ? LAST : time;
}

/** @param {bigint} from @param {bigint} until */
function place(from, until) {
  clock.from = from < LAST ? clamp(from) : LAST - 1n;
  clock.until = until > clock.from ? clamp(until) : clock.from + 1n;
  if (isFar()) clock.base = clock.from;
}

/** Whether the base moves to the window. A double has 53 bits, which hold every unit of time at this
 * distance, and the pixels of the window. */
function isFar() {
  const far = Math.abs(seconds(clock.from - clock.base));
  return far * Number(per) > 2 ** 52 || far > length() * 1e6 + 1;
}

function settle() {
  move();
  for (const asker of askers) asker();
}

function move() {
  for (const mover of movers) mover();
}

/** Asks for the data of the window again, and looks where it is if it follows the clock. */
export function renew() {
  if (clock.live && clock.range) obey();
  else settle();
}

/** Moves a window that follows the clock. */
export function tick() {
  if (!clock.live || !clock.range) return;
  placeRange();
  move();
}

/** Notes the first and last sample of a series. @param {string} key @param {bigint} first @param {bigint} last */
export function widen(key, first, last) {
  const own = extents.get(key);
  extents.set(key, own ? union(own, { first, last }) : { first, last });
  const wider = extent ? union(extent, { first, last }) : { first, last };
  const grew = !extent || wider.first < extent.first || wider.last > extent.last;
  const began = !extent || wider.first < extent.first;
  extent = wider;
  if (grew && clock.range && !current.range && automatic() !== clock.range) adapt();
  else if (clock.range === "all" && (began || !clock.live)) adapt();
}

// A window that is being moved by hand has no range.
const adapt = settled(() => clock.range && obey(), 50);

/** Notes the first and last sample of a series that may have lost others.
 * @param {string} key @param {bigint} first @param {bigint} last */
export function bound(key, first, last) {
  const own = extents.get(key);
  if (own && (own.first < first || own.last > last)) {
    extents.delete(key);
    extent = extents.size ? [...extents.values()].reduce(union) : null;
  }
  widen(key, first, last);
}

/** Forgets the first and last samples of all series. */
export function forgetExtents() {
  extents.clear();
  extent = null;
}

/** @param {Extent} a @param {Extent} b @returns {Extent} */
const union = (a, b) => ({
  first: a.first < b.first ? a.first : b.first,
  last: a.last > b.last ? a.last : b.last,
});

/** Takes the window into the address when it has come to rest, and nothing holds it. */
/** @type {() => void} */
const commit = settled(
  () => (clock.held ? commit() : go({ range: "", from: clock.from, until: clock.until })),
  250,
);

/** Shows another window, and asks for its data when it has come to rest.
 * @param {bigint} from @param {bigint} until */
export function show(from, until) {
  if (until - from < 2n) until = from + 2n;
  clock.range = "";
  clock.live = false;
  place(from, until);
  move();
  commit();
}

/** Shifts the window by a part of its length. @param {number} part */
export function shift(part) {
  const distance = fromSeconds(length() * part);
  show(clock.from + distance, clock.until + distance);
}

/** Shows `factor` times the window around a place in it from 0 to 1. @param {number} factor @param {number} [place] */
export function zoom(factor, place = 0.5) {
  const more = length() * (factor - 1);
  show(clock.from - fromSeconds(more * place), clock.until + fromSeconds(more * (1 - place)));
}

onView((view, before) => {
  const same =
    view.range === before.range && view.from === before.from && view.until === before.until;
  const other = clock.range === "all" && view.key !== before.key;
  if (!same || other || view.live !== before.live) obey();
});
