// New samples, by one stream of events for the whole tab, or by asking every two seconds where there
// is no stream. Nothing is asked while the tab is hidden.
import { address, asKeys, batches, last } from "./api.js";
import { clock } from "./clock.js";
import { settled } from "./dom.js";
import { learn, onWanted, wanted } from "./newest.js";
import { setNow } from "./server.js";

/** @type {EventSource | null} */
let stream = null;
/** @type {Set<string>} */
let streamed = new Set();
let refused = 0;

// After a refusal, the page polls for a minute before it asks for a stream again.
const PATIENCE = 60000;
const EVERY = 2000;

/** @type {(away: boolean) => void} */
let report = () => {};

/** @param {(away: boolean) => void} listener */
export function start(listener) {
  report = listener;
  onWanted(settled(follow, 100));
  document.addEventListener("visibilitychange", follow);
  setInterval(poll, EVERY);
}

/** Opens the stream for the keys that are wanted, unless it has them already. */
export function follow() {
  if (document.hidden || !clock.live) return close();
  const keys = wanted();
  const first = batches(keys, 1000)[0] ?? [];
  if (!first.length || Date.now() - refused < PATIENCE) return close();
  if (stream && first.every((key) => streamed.has(key)) && streamed.size <= 2 * first.length + 20)
    return;
  open(first);
}

/** @param {string[]} keys */
function open(keys) {
  close();
  streamed = new Set(keys);
  stream = new EventSource(address("/v1/live", [...asKeys(keys), ["times", "text"]]));
  stream.addEventListener("samples", take);
  stream.addEventListener("open", () => report(false));
  stream.addEventListener("error", fail);
}

/** @param {MessageEvent<string>} event */
function take(event) {
  const { now, series } = JSON.parse(event.data);
  setNow(BigInt(now));
  for (const { key, samples } of series) learn(key, samples);
}

function fail() {
  // The browser tries again by itself, unless the server has answered with a refusal.
  if (stream?.readyState === EventSource.CLOSED) {
    refused = Date.now();
    close();
  } else report(true);
}

function close() {
  stream?.close();
  stream = null;
  streamed = new Set();
}

/** Asks for the newest samples of the keys that the stream does not have. */
async function poll() {
  if (document.hidden || !clock.live) return;
  const keys = wanted().filter((key) => !streamed.has(key));
  if (!keys.length) return;
  const series = await last(keys).catch(() => []);
  // The stream may have told newer ones meanwhile.
  for (const { key, last } of series) if (!streamed.has(key)) learn(key, [last]);
}
