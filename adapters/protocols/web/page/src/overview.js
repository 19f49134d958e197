// The overview: a section for each first node of the keys, or for each metric, with cards in it.
// Sections and cards are paged; a section asks for its series when it comes onto the screen.
import * as api from "./api.js";
import { attempt } from "./attempt.js";
import * as cards from "./card.js";
import { by, fill, forget, h, onScreen, say } from "./dom.js";
import { current, go, onView, toggleUnits } from "./navigation.js";
import { ageOf, isSilent, learnSummary, newestOf } from "./newest.js";
import { literal, split } from "./patterns.js";
import { ago } from "./times.js";

const SECTIONS = 50;
const CARDS = 60;
// More sections than these are closed at first.
const OPEN = 24;
// Sections of so many cards stand beside each other.
const SMALL = 2;
// The metrics are collected from so many nodes, and so many series of each.
const SAMPLED = 12;

/** A section: its series are those of a pattern, which is also that of its chart.
 * @typedef {{name: string, pattern: string, title: (key: string) => string}} Plan */

/** Those that are open or closed by hand, by their patterns. @type {Map<string, boolean>} */
const folded = new Map();

/** @type {Section[]} */
let sections = [];
/** So many nodes are listed at most, and more by a button. */
let most = SECTIONS;

class Section {
  /** @param {Plan} plan @param {boolean} open */
  constructor(plan, open) {
    this.plan = plan;
    /** @type {cards.Card[]} */
    this.cards = [];
    /** @type {string | null | undefined} the key after which the next page begins; undefined before the first */
    this.next = undefined;
    /** @type {Promise<void> | undefined} the last request for a page */
    this.loading = undefined;
    /** @type {string[]} */
    this.keys = [];
    this.note = h("span", { class: "note" });
    this.grid = h("div", { class: "cards" });
    this.refusal = h("div");
    this.more = h(
      "button",
      { type: "button", class: "more", hidden: true, onclick: () => this.load() },
      `${CARDS} more`,
    );
    this.details = h(
      "details",
      { open: folded.get(plan.pattern) ?? open, ontoggle: () => this.#toggled() },
      h("summary", {}, h("h2", {}, plan.name), this.note),
      this.grid,
      this.refusal,
      this.more,
    );
    const chart = h(
      "button",
      { type: "button", class: "quiet", onclick: () => toggleUnits("~" + plan.pattern, this.keys) },
      "chart all",
      h("span", { class: "sr" }, ` of ${plan.name}`),
    );
    this.element = h("section", { class: "section" }, this.details, chart);
    onScreen(this.element, (visible) => visible && this.next === undefined && this.load());
  }

  #toggled() {
    folded.set(this.plan.pattern, this.details.open);
    if (this.details.open) this.#show();
  }

  /** @param {number} limit @param {string | null} [after] */
  #ask(limit, after) {
    return api.keys([["match", this.plan.pattern], ["limit", limit], ...behind(after)]);
  }

  /** Asks for the next page of series. */
  load() {
    return (this.loading = this.#load());
  }

  async #load() {
    const after = this.next;
    this.next = null;
    this.more.hidden = true;
    const done = await attempt(this.refusal, async () => {
      const page = await this.#ask(CARDS, after);
      fill(this.refusal);
      page.series.forEach(learnSummary);
      this.next = page.next;
      this.keys = [...this.keys, ...page.series.map(({ key }) => key)];
      if (this.details.open) this.#show();
      this.update();
    });
    if (done) return;
    this.next = after;
    this.more.hidden = false;
  }

  /** Asks for what is shown again, since there may be other series now.
   * @returns {Promise<void>} */
  async renew() {
    const { loading } = this;
    await loading;
    // What was not shown yet is asked for when it comes onto the screen.
    if (this.next === undefined) return;
    const known = this.keys;
    const page = await this.#ask(Math.max(CARDS, known.length)).catch(() => null);
    if (!page) return;
    // Others have come meanwhile, or are on their way.
    if (this.loading !== loading || this.keys !== known) return this.renew();
    page.series.forEach(learnSummary);
    this.next = page.next;
    const keys = page.series.map(({ key }) => key);
    if (keys.join(" ") !== known.join(" ")) this.#replace(keys);
    if (this.details.open) this.#show();
    this.update();
  }

  /** @param {string[]} keys */
  #replace(keys) {
    this.keys = keys;
    this.cards.splice(0).forEach((card) => (card.remove(), card.element.remove()));
  }

  #show() {
    for (const key of this.keys.slice(this.cards.length)) {
      const card = cards.make(key, this.plan.title(key));
      this.cards.push(card);
      this.grid.append(card.element);
    }
    this.more.hidden = !this.next;
  }

  update() {
    if (this.next === undefined) return;
    const newest = this.keys.map(newestOf).filter((sample) => sample !== undefined);
    const youngest = Math.min(...newest.map(ageOf));
    const count = this.keys.length;
    say(
      this.note,
      `${this.next ? "more than " : ""}${count} series${count ? `, ${ago(youngest)}` : ""}`,
    );
    this.element.classList.toggle("small", count <= SMALL && !this.next);
    this.element.classList.toggle("silent", newest.length > 0 && newest.every(isSilent));
  }

  remove() {
    this.cards.forEach((card) => card.remove());
    forget(this.element);
  }
}

/** Whether the sections are those of the view. */
export let listed = false;

/** Lists the sections anew, and returns whether they could be had. */
export async function show() {
  const place = by("overview");
  listed = false;
  listed = await attempt(place, async () => {
    const { turned } = current;
    const plans = turned ? await metrics() : await machines(null);
    // Else it has been turned round again.
    if (turned !== current.turned) return;
    const before = new Map(sections.map((section) => [section.plan.pattern, section]));
    sections = [];
    fill(place);
    add(plans, before);
    before.forEach((section) => section.remove());
  });
  return listed;
}

/** @param {{plans: Plan[], next: string | null, note?: string}} page @param {Map<string, Section>} [before] sections to keep */
function add({ plans, next, note }, before = new Map()) {
  const place = by("overview");
  const open = sections.length + plans.length <= OPEN && !next;
  // Series without a dot have one section, also if they are of several pages.
  const isNew = (/** @type {Plan} */ { pattern }) =>
    !sections.some(({ plan }) => plan.pattern === pattern);
  for (const plan of plans.filter(isNew)) {
    const kept = before.get(plan.pattern);
    before.delete(plan.pattern);
    kept?.renew();
    const section = kept ?? new Section(plan, open || !sections.length);
    sections.push(section);
    place.append(section.element);
  }
  if (note) place.append(h("p", { class: "note" }, note));
  if (next) place.append(furtherAfter(next));
}

/** Makes a button for further sections, with a place for why they are refused. @param {string} next */
function furtherAfter(next) {
  const refusal = h("div");
  const load = async () => {
    more.hidden = true;
    const done = await attempt(refusal, async () => {
      const page = await machines(next);
      // Else the sections have been listed anew.
      if (!further.isConnected) return;
      most += SECTIONS;
      add(page);
      further.remove();
    });
    more.hidden = done;
  };
  const more = h(
    "button",
    { type: "button", class: "more", onclick: load },
    `${SECTIONS} more sections`,
  );
  const further = h("div", {}, refusal, more);
  return further;
}

/** @param {string | null} after @returns {Promise<{plans: Plan[], next: string | null}>} */
async function machines(after) {
  const { nodes, next } = await api.nodes([["limit", after ? SECTIONS : most], ...behind(after)]);
  const plans = nodes.filter((node) => node.branch).map(planOf);
  if (nodes.some((node) => node.leaf)) plans.unshift(WITHOUT_DOT);
  return { plans, next };
}

/** @type {Plan} */
const WITHOUT_DOT = { name: "·", pattern: "*", title: (key) => key };

/** @param {string | null | undefined} after @returns {api.Parameters} */
const behind = (after) => (after ? [["after", after]] : []);

/** @param {api.Node} node @returns {Plan} */
function planOf({ name, path }) {
  return {
    name: name || "(no name)",
    pattern: literal(path) + ".**",
    title: (key) => split(key)[1] || key,
  };
}

/** Collects the metrics of some nodes, and makes a section of each.
 * @returns {Promise<{plans: Plan[], next: null, note: string}>} */
async function metrics() {
  const { nodes, next } = await api.nodes([["limit", SAMPLED]]);
  const branches = nodes.filter((node) => node.branch);
  const pages = await Promise.all(
    branches.map((node) =>
      api.keys([
        ["match", literal(node.path) + ".**"],
        ["limit", CARDS],
      ]),
    ),
  );
  const names = [...new Set(pages.flatMap((page) => page.series.map(({ key }) => split(key)[1])))];
  const cut = next !== null || pages.some((page) => page.next !== null);
  const note = cut
    ? `Among the first ${CARDS} series of ${branches.length} nodes. The search finds others.`
    : "";
  return { plans: names.sort().map(planOfMetric), next: null, note };
}

/** @param {string} metric @returns {Plan} */
function planOfMetric(metric) {
  return {
    name: "*." + metric,
    pattern: "*." + literal(metric),
    title: (key) => split(key)[0],
  };
}

/** Writes the ages anew. */
export function update() {
  for (const section of sections) section.update();
}

export function turn() {
  go({ turned: !current.turned });
}

onView((view, before) => {
  if (view.turned === before.turned) return;
  most = SECTIONS;
  show();
});
