// The newest sample of each series that is shown, and who wants to know of it.
import { bound, forgetExtents, widen } from "./clock.js";
import { onFrame } from "./dom.js";
import { doubtful, now, seconds, suspect } from "./server.js";

/** `pace` is the usual distance of its samples in seconds, 0 if it is not known; `heard` is when it was
 * told, in milliseconds.
 * @typedef {{time: bigint, value: number, pace: number, heard: number}} Newest */

/** @type {Map<string, Newest>} */
const newest = new Map();

/** @type {Map<string, Set<(fresh: [bigint, number][]) => void>>} */
const listeners = new Map();

/** @param {string} key */
export function newestOf(key) {
  return newest.get(key);
}

/** Forgets what was noted of series that may be removed. The others are told again. */
export function forget() {
  doubtful.clear();
  forgetExtents();
}

/** @param {import("./api.js").Summary} summary */
export function learnSummary({ key, count, first, last, asked }) {
  const [begin, end] = [BigInt(first[0]), BigInt(last[0])];
  const known = newest.get(key);
  // A sample has come since it was asked for. Else the series was removed, and has begun anew.
  if (known && end < known.time && asked < known.heard) return;
  learn(key, [last]);
  bound(key, begin, end);
  const pace = count > 1 ? seconds(end - begin) / (count - 1) : 0;
  /** @type {Newest} */ (newest.get(key)).pace = pace;
}

/** Notes samples, and tells them to those who listen. Those of a series are told in the order of their
 * times unless it was removed, and has begun anew. @param {string} key @param {import("./api.js").Sample[]} samples */
export function learn(key, samples) {
  if (!samples.length) return;
  const before = newest.get(key);
  const fresh = samples.map(
    ([time, value]) => /** @type {[bigint, number]} */ ([BigInt(time), value]),
  );
  const [time, value] = fresh[fresh.length - 1];
  const isAnew = before && time < before.time;
  const changed = !before || time !== before.time || value !== before.value;
  suspect(key, time);
  newest.set(key, { time, value, pace: before?.pace ?? 0, heard: performance.now() });
  (isAnew ? bound : widen)(key, time, time);
  if (!changed) return;
  for (const listener of listeners.get(key) ?? [])
    listener(before && !isAnew ? fresh.filter(([at]) => at >= before.time) : fresh);
  wake();
}

/** @param {string} key @param {(fresh: [bigint, number][]) => void} listener @returns {() => void} ends it */
export function listen(key, listener) {
  const all = listeners.get(key) ?? new Set();
  listeners.set(key, all.add(listener));
  wake();
  return () => {
    all.delete(listener);
    if (!all.size) listeners.delete(key);
    wake();
  };
}

/** Returns the keys to whose samples somebody listens. */
export function wanted() {
  return [...listeners.keys()];
}

/** @type {() => void} */
let woken = () => {};

/** Calls `listener` when other keys are wanted, or samples have come. @param {() => void} listener */
export function onWanted(listener) {
  woken = listener;
}

const wake = onFrame(() => woken());

/** Returns the age of a sample in seconds. @param {Newest} sample */
export function ageOf(sample) {
  return seconds(now() - sample.time);
}

// A series is silent after four of its usual distances; for one sample there is none.
const MISSED = 4;
const LEAST = 10;
const UNKNOWN = 300;

/** @param {Newest} sample */
export function isSilent(sample) {
  return ageOf(sample) > (sample.pace ? sample.pace * MISSED + LEAST : UNKNOWN);
}
