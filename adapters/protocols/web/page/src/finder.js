// The search line. It lists the nodes below what is typed, then the series that contain it, in capitals or
// in small letters; a pattern is charted as a whole.
import * as api from "./api.js";
import { by, complaint, fill, h, settled } from "./dom.js";
import { go, isCharted, current, onView, toggleUnits } from "./navigation.js";
import { learnSummary } from "./newest.js";
import { anyCase, isPattern } from "./patterns.js";
import { short, unitOf } from "./numbers.js";
import { turns } from "./turns.js";

const MOST = 30;

/** What can be chosen: an item to chart, or text to go on from.
 * @typedef {{text: string, note: string, item: string | null, onward: string | null, keys?: string[]}} Choice */

/** @type {Choice[]} */
let choices = [];
let active = -1;
const begin = turns();
/** The text for which the choices were found. @type {string | null} */
let listed = null;

const input = /** @type {HTMLInputElement} */ (by("search"));
const list = by("choices");

export function start() {
  input.addEventListener("input", settled(search, 120));
  input.addEventListener("focus", () => search());
  input.addEventListener("keydown", press);
  input.addEventListener(
    "blur",
    (event) => !list.contains(/** @type {Node | null} */ (event.relatedTarget)) && close(),
  );
  // The focus stays in the line while choices are clicked.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  onView(() => list.hidden || render());
}

/** The search that is under way. @type {{text: string, done: Promise<void>} | null} */
let under = null;

/** Looks for what is typed. Who asks again for the same text waits for the same answer: keys that are
 * pressed quickly are obeyed in their order. */
function search() {
  const text = input.value.trim();
  if (under?.text === text) return under.done;
  const mine = { text, done: find(text).finally(() => under === mine && (under = null)) };
  under = mine;
  return mine.done;
}

/** @param {string} text */
async function find(text) {
  const isNewest = begin();
  try {
    const found = await (isPattern(text) ? matches(text) : finds(text));
    if (!isNewest() || document.activeElement !== input) return;
    choices = found;
    listed = text;
    active = -1;
    render();
  } catch (error) {
    if (!isNewest()) return;
    choices = [];
    listed = null;
    active = -1;
    // Its advice is for requests of the HTTP API.
    open(complaint(/** @type {Error} */ (error).message));
  }
}

/** @param {string} pattern @returns {Promise<Choice[]>} */
async function matches(pattern) {
  const { series, next } = await api.keys([
    ["match", pattern],
    ["limit", MOST],
  ]);
  const count = (next ? "more than " : "") + series.length;
  return [
    {
      text: pattern,
      note: `chart all: ${count} series`,
      item: "~" + pattern,
      onward: null,
      keys: series.map(({ key }) => key),
    },
    ...series.map(leaf),
  ];
}

/** @param {string} text @returns {Promise<Choice[]>} */
async function finds(text) {
  const under = text.slice(0, Math.max(0, text.lastIndexOf(".")));
  /** @type {api.Parameters} */
  const below = under ? [["under", under]] : [];
  const [{ nodes }, { series }] = await Promise.all([
    api.nodes([...below, ["limit", 200]]),
    text
      ? api.keys([
          ["match", `**${anyCase(text)}**`],
          ["limit", MOST],
        ])
      : { series: [] },
  ]);
  const small = text.toLowerCase();
  const branches = nodes
    .filter((node) => node.branch && node.path.toLowerCase().startsWith(small))
    .slice(0, MOST);
  const leaves = text
    ? series.map(leaf)
    : nodes.filter((node) => node.leaf).map(({ path }) => choice(path, ""));
  return [
    ...branches.map(({ path }) => ({
      text: path + ".",
      note: "…",
      item: null,
      onward: path + ".",
    })),
    ...leaves,
  ];
}

/** @param {api.Summary} summary */
function leaf(summary) {
  learnSummary(summary);
  const [unit, factor] = unitOf(summary.key);
  return choice(summary.key, short(summary.last[1] * factor, unit));
}

/** @param {string} key @param {string} note @returns {Choice} */
function choice(key, note) {
  return { text: key, note, item: "=" + key, onward: null };
}

function render() {
  const rows = choices.map(({ text, note, item }, index) =>
    h(
      "div",
      {
        role: "option",
        id: `choice${index}`,
        "aria-selected": String(index === active),
        class:
          "choice" +
          (item && isCharted(item) ? " chosen" : "") +
          (index === active ? " active" : ""),
        onclick: () => choose(index),
      },
      h(
        "span",
        { class: "tick", "aria-hidden": "true" },
        item ? (isCharted(item) ? "☑" : "☐") : "▸",
      ),
      h("span", { class: "text" }, text),
      h(
        "span",
        { class: "note" },
        note,
        item && isCharted(item) ? h("span", { class: "sr" }, ", charted") : null,
      ),
    ),
  );
  open(
    ...(rows.length
      ? rows
      : [
          h(
            "div",
            { class: "note", role: "option", "aria-disabled": "true" },
            input.value ? `Nothing contains ${input.value}.` : "There are no series yet.",
          ),
        ]),
  );
  if (active >= 0) input.setAttribute("aria-activedescendant", `choice${active}`);
  else input.removeAttribute("aria-activedescendant");
  list.querySelector(".active")?.scrollIntoView({ block: "nearest" });
}

/** @param {...Node} rows */
function open(...rows) {
  fill(list, ...rows);
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

export function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

/** @param {number} index */
function choose(index) {
  const { item, onward, keys } = choices[index];
  if (onward !== null) {
    input.value = onward;
    search();
  } else if (item !== null) {
    if (current.key !== null) go({ key: null });
    toggleUnits(item, keys ?? []);
  }
}

/** @param {KeyboardEvent} event */
async function press(event) {
  if (!["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Enter", "Escape"].includes(event.key))
    return;
  // Right and left move within the text, unless a choice is active.
  if (active < 0 && /Right|Left/.test(event.key)) return;
  event.preventDefault();
  // Who types fast means what is typed, not what is listed yet.
  if (event.key !== "Escape" && listed !== input.value.trim()) await search();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && choices.length) {
    if (list.hidden) search();
    active = (active + step + choices.length + (active < 0 && step < 0 ? 1 : 0)) % choices.length;
    render();
  } else if (event.key === "Enter") chooseActive();
  else if (event.key === "ArrowRight" && choices[active]?.onward) choose(active);
  else if (event.key === "ArrowLeft" && active >= 0) back();
  else if (event.key === "Escape") return list.hidden ? input.blur() : close();
}

function chooseActive() {
  if (choices.length) choose(Math.max(0, active));
}

/** Goes to the node above. */
function back() {
  const path = input.value.replace(/\.$/, "");
  input.value = path.slice(0, path.lastIndexOf(".") + 1);
  search();
}
