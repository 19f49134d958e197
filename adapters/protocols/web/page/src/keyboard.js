// Keys that work anywhere on the page.
import { shift, zoom } from "./clock.js";
import { by } from "./dom.js";
import { help, live } from "./header.js";
import { current, go } from "./navigation.js";

/** @type {Record<string, () => void>} */
const KEYS = {
  "/": () => by("search").focus(),
  l: live,
  "[": () => shift(-0.5),
  "]": () => shift(0.5),
  z: () => zoom(2),
  "?": help,
  Escape: () => current.key !== null && go({ key: null }),
};

export function start() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("input, dialog[open]")) return;
    const act = KEYS[event.key];
    if (act) act();
    else if (!target.matches(".card .pick, .card a") || !walk(event.key, target)) return;
    event.preventDefault();
  });
}

/** Moves the focus to the card in the direction of an arrow. @param {string} key @param {HTMLElement} target */
function walk(key, target) {
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    key
  ];
  if (!direction) return false;
  const here = centre(target.closest(".card"));
  const cards = [...document.querySelectorAll(".card")].map((card) => ({ card, at: centre(card) }));
  const ahead = cards.filter(
    ({ at }) => (at.x - here.x) * direction[0] + (at.y - here.y) * direction[1] > 4,
  );
  const distance = (/** @type {{x: number, y: number}} */ at) =>
    Math.hypot((at.x - here.x) * (direction[1] ? 3 : 1), (at.y - here.y) * (direction[0] ? 30 : 1));
  ahead.sort((a, b) => distance(a.at) - distance(b.at));
  /** @type {HTMLElement | null | undefined} */ (ahead[0]?.card.querySelector(".pick"))?.focus();
  return true;
}

/** @param {Element | null} element */
function centre(element) {
  const box = /** @type {Element} */ (element).getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
