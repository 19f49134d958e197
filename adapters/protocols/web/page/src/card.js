// A card: the newest value of a series, its change over the range, a sparkline and its age.
import * as api from "./api.js";
import { attempt } from "./attempt.js";
import { proceed, read, renew, within } from "./buckets.js";
import { clock, onMove, onSettle } from "./clock.js";
import { by, fill, forget, h, onScreen, say, settled } from "./dom.js";
import { isCharted, link, onView, toggleChart } from "./navigation.js";
import { ageOf, isSilent, listen, newestOf } from "./newest.js";
import { parts, signed, unitOf } from "./numbers.js";
import * as spark from "./spark.js";
import * as times from "./times.js";

const POINTS = 80;

/** The cards on the screen. @type {Set<Card>} */
const shown = new Set();

export class Card {
  /** @param {string} key @param {string} title */
  constructor(key, title) {
    this.key = key;
    const [unit, factor] = unitOf(key);
    this.unit = unit;
    this.factor = factor;
    /** @type {object | null} the last request for its buckets */
    this.asked = null;
    /** @type {import("./buckets.js").Bucket[]} */
    this.buckets = [];
    /** @type {bigint | null} */
    this.newest = null;
    /** @type {[bigint, number][] | null} */
    this.fresh = null;
    this.width = 1n;
    this.spark = spark.make();
    this.value = h("span", { class: "value" });
    this.suffix = h("span", { class: "unit" });
    this.change = h("span", { class: "change", title: "change over the range" });
    this.age = h("span", { class: "age" });
    // Not a button: Firefox does not drag what a button covers.
    this.button = h("div", {
      class: "pick",
      role: "button",
      tabindex: "0",
      onclick: () => toggleChart("=" + key),
      onkeydown: press,
    });
    this.element = this.#build(title);
    /** @type {(() => void) | null} */
    this.end = null;
    onScreen(this.element, (visible) => (visible ? this.#appear() : this.#vanish()));
    this.mark();
  }

  /** @param {string} title */
  #build(title) {
    const card = h(
      "article",
      {
        class: "card",
        draggable: "true",
        ondragstart: (/** @type {DragEvent} */ event) =>
          event.dataTransfer?.setData("text/x-item", "=" + this.key),
      },
      h("h3", {}, link({ key: this.key }, { title: this.key }, title)),
      h("p", { class: "now" }, this.value, this.suffix, this.change),
      this.spark,
      this.age,
      this.button,
    );
    return card;
  }

  #appear() {
    this.end ??= listen(this.key, (fresh) => this.#take(fresh));
    shown.add(this);
    wantSparks();
    this.update();
  }

  #vanish() {
    this.end?.();
    this.end = null;
    // It hears of no samples until it is back, and then asks again.
    this.expect(null);
    shown.delete(this);
  }

  remove() {
    this.#vanish();
    forget(this.element);
  }

  /** @param {[bigint, number][]} fresh */
  #take(fresh) {
    proceed(this, this.width, fresh);
    this.element.classList.remove("fresh");
    requestAnimationFrame(() => this.element.classList.add("fresh"));
    this.update();
    this.draw();
  }

  /** Notes a request for its buckets, or that it has none. @param {object | null} request */
  expect(request) {
    this.asked = request;
    this.fresh = request && [];
  }

  /** @param {import("./api.js").Row[]} rows @param {bigint} width */
  fill(rows, width) {
    this.width = width;
    renew(this, width, rows.map(read), newestOf(this.key)?.time ?? null);
    this.update();
    this.draw();
  }

  draw() {
    spark.draw(this.spark, this.buckets, this.width);
  }

  update() {
    const newest = newestOf(this.key);
    if (!newest) return;
    const [digits, suffix] = parts(newest.value * this.factor, this.unit);
    say(this.value, digits);
    say(this.suffix, suffix);
    say(this.change, this.#change());
    say(this.age, times.ago(ageOf(newest)));
    this.age.title = times.stamp(newest.time);
    this.element.classList.toggle("silent", isSilent(newest));
  }

  /** Writes the change over the range, which may end before the newest value. One sample has not changed. */
  #change() {
    const seen = within(this.buckets, this.width, clock);
    const [first, last] = [seen[0], seen[seen.length - 1]];
    return first && (first !== last || first.count > 1)
      ? signed(first.first * this.factor, last.last * this.factor, this.unit)
      : "";
  }

  mark() {
    const charted = isCharted("=" + this.key);
    this.button.setAttribute("aria-pressed", String(charted));
    this.button.setAttribute("aria-label", `chart ${this.key}`);
    this.element.classList.toggle("charted", charted);
  }
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  /** @type {HTMLElement} */ (event.currentTarget).click();
}

const wantSparks = settled(fetchSparks, 30);

/** Asks for the sparklines of the cards on the screen that have none, or of all of them. */
async function fetchSparks(all = false) {
  const cards = [...shown].filter((card) => all || !card.asked);
  if (!cards.length) return;
  const request = {};
  for (const card of cards) card.expect(request);
  const window = /** @type {import("./api.js").Parameters} */ ([
    ["from", clock.from],
    ["until", clock.until],
    ["points", POINTS],
  ]);
  // Others have been asked for anew meanwhile.
  const waiting = () => cards.filter((card) => card.asked === request);
  const done = await attempt(by("refusal"), async () => {
    const keys = [...new Set(cards.map((card) => card.key))];
    const { width, series } = await api.buckets(keys, window);
    fill(by("refusal"));
    const rows = new Map(series.map(({ key, buckets }) => [key, buckets]));
    for (const card of waiting()) card.fill(rows.get(card.key) ?? [], BigInt(width));
  });
  if (!done) for (const card of waiting()) card.expect(null);
}

onSettle(() => fetchSparks(true));
onMove(() => shown.forEach((card) => card.draw()));
onView(() => document.querySelectorAll(".card").forEach((element) => cards.get(element)?.mark()));

/** @type {WeakMap<Element, Card>} */
const cards = new WeakMap();

/** @param {string} key @param {string} title */
export function make(key, title) {
  const card = new Card(key, title);
  cards.set(card.element, card);
  return card;
}

/** Writes the ages anew. */
export function age() {
  for (const card of shown) card.update();
}
