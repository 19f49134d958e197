// The line at the top: ranges, the window, live, zone, theme, help.
import { clock, onMove } from "./clock.js";
import { by, fill, h, say } from "./dom.js";
import { current, go, onView } from "./navigation.js";
import { toggle } from "./palette.js";
import * as times from "./times.js";
import { RANGES } from "./view.js";
import { turn } from "./overview.js";

const ranges = new Map(
  Object.keys(RANGES).map((name) => [
    name,
    h(
      "button",
      { type: "button", onclick: () => go({ range: name, from: null, until: null, live: true }) },
      name,
    ),
  ]),
);

export function start() {
  fill(by("ranges"), ...ranges.values());
  by("window").addEventListener("click", askWindow);
  by("live").addEventListener("click", live);
  by("zone").addEventListener("click", () => go({ utc: !current.utc }, true));
  by("theme").addEventListener("click", toggle);
  by("help").addEventListener("click", help);
  by("turn").addEventListener("click", turn);
  say(by("host"), location.host);
  onMove(update);
  onView(update);
  for (const dialog of document.querySelectorAll("dialog"))
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

/** The last relative range. */
let relative = "1h";

/** Switches live on, with the last relative range, or off. */
export function live() {
  if (clock.live && clock.range) go({ range: clock.range, live: false });
  else go({ range: relative, from: null, until: null, live: true });
}

export function help() {
  /** @type {HTMLDialogElement} */ (by("keys")).showModal();
}

export function update() {
  relative = clock.range || relative;
  for (const [name, button] of ranges)
    button.setAttribute("aria-pressed", String(name === clock.range));
  by("live").setAttribute("aria-pressed", String(clock.live && !!clock.range));
  by("turn").setAttribute("aria-pressed", String(current.turned));
  say(by("window"), times.window(clock.from, clock.until));
  say(by("zone"), times.zoneName());
}

function askWindow() {
  const dialog = /** @type {HTMLDialogElement} */ (by("span"));
  const local = (/** @type {bigint} */ time) => times.stamp(time).replace(" ", "T").slice(0, 19);
  const input = (/** @type {string} */ name, /** @type {bigint} */ time) =>
    h("input", { type: "datetime-local", step: "1", id: name, value: local(time), required: true });
  const [from, until] = [input("from", clock.from), input("until", clock.until)];
  const problem = h("p", { class: "complaint", role: "alert" });
  const take = (/** @type {Event} */ event) => {
    event.preventDefault();
    const [start, end] = [times.parse(from.value), times.parse(until.value)];
    if (start === null || end === null || start >= end)
      return say(problem, "The start is not before the end.");
    dialog.close();
    go({ range: "", from: start, until: end });
  };
  fill(
    dialog,
    h(
      "form",
      { onsubmit: take },
      h("h2", {}, "Range"),
      h("label", { for: "from" }, "from ", from),
      h("label", { for: "until" }, "until ", until),
      h("p", { class: "note" }, `Times in ${times.zoneName()}.`),
      problem,
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", onclick: () => dialog.close() }, "cancel"),
        h("button", {}, "show"),
      ),
    ),
  );
  dialog.showModal();
}
