// Whether the server answers. While it does not, the page says since when, and tries again.
import { ask, onAnswer } from "./api.js";
import { by, say } from "./dom.js";
import { doubtful, info, learn, now, unit } from "./server.js";
import { stamp } from "./times.js";

// Seconds between attempts: doubled from the first to the last.
const FIRST = 1;
const LAST = 15;

/** @type {bigint | null} */
let since = null;
let wait = FIRST;
let left = 0;

/** @type {() => void} */
let returned = () => {};

/** @param {() => void} back is called when the server answers again */
export function start(back) {
  returned = back;
  onAnswer(note);
}

/** @param {boolean} away */
export function note(away) {
  if (away === (since !== null)) return;
  since = away ? now() : null;
  wait = left = FIRST;
  document.body.classList.toggle("away", away);
  tell();
  if (!away) returned();
}

/** Counts down to the next attempt. */
export function tick() {
  if (since === null) return;
  if (--left <= 0) {
    wait = Math.min(wait * 2, LAST);
    left = wait;
    attempt();
  }
  tell();
}

function attempt() {
  ask("/v1/info").then(learn, () => {});
}

/** Says what is wrong with the server, if anything is. */
export function tell() {
  say(by("connection"), trouble());
  // Not a part of the status, which is read aloud whenever it changes.
  say(by("countdown"), since === null ? "" : ` Trying again in ${left} s.`);
}

function trouble() {
  if (since !== null) return `No connection since ${stamp(since).slice(11, 19)}.`;
  if (info?.trouble) return `The server takes no samples: ${info.trouble}.`;
  for (const [key, other] of doubtful)
    return `The timestamps of ${key} seem to count ${other}, and this server's count ${unit}. Its option --time-unit says what they count.`;
  return "";
}
