// A chart with what belongs to it: its series, their buckets and the legend.
import * as api from "./api.js";
import { falls, proceed, rates, renew, within } from "./buckets.js";
import { clock, cover, length, show, timeAt, x } from "./clock.js";
import { complaint, fill, h, onFrame, onScreen, forget, say, settled } from "./dom.js";
import * as draft from "./draft.js";
import { link } from "./navigation.js";
import { learnSummary, listen, newestOf } from "./newest.js";
import { full, isCount, ofChange, short, symbolOf, unitOf } from "./numbers.js";
import { COLOURS } from "./palette.js";
import { Plot } from "./plot.js";
import * as table from "./table.js";
import { stamp } from "./times.js";
import { turns } from "./turns.js";

/** @typedef {import("./buckets.js").Bucket} Bucket */
/** @typedef {import("./plot.js").Line & import("./buckets.js").Course & {unit: import("./numbers.js").Unit, entry: HTMLElement, shown: HTMLElement}} Series */

// More lines than these cannot be told apart.
const MOST_LINES = 20;
// Those of a unit are looked for among so many.
const MOST_SEARCHED = 1000;
// The table follows the picture when it has been still for so many milliseconds.
const CALM = 250;

export class Panel {
  /** @param {import("./view.js").Chart} chart @param {(key: string) => void} [remove] */
  constructor(chart, remove) {
    this.chart = chart;
    this.remove = remove;
    /** @type {Series[]} */
    this.series = [];
    this.width = 1n;
    this.cut = "";
    /** @type {HTMLElement | null} why the server refused */
    this.refusal = null;
    this.when = h("li", { class: "note" });
    /** @type {(() => void)[]} */
    this.ends = [];
    this.canvas = h("div", { class: "plot", role: "img" });
    this.legend = h("ul", { class: "legend" });
    this.note = h("p", { class: "note" });
    this.table = h("table", { class: "sr" }, h("caption"));
    this.element = h(
      "div",
      { class: "panel" },
      this.canvas,
      this.legend,
      this.note,
      h("div", { class: "hidden" }, this.table),
    );
    this.plot = new Plot(this.canvas, (index) => this.#point(index), show);
    const tabulate = settled(
      () => table.describe(this.table, this.canvas, this.series, this.width),
      CALM,
    );
    this.plot.drawn = () => {
      this.#remark();
      tabulate();
    };
    this.redraw = onFrame(() => this.draw());
    this.resolving = turns();
    this.fetching = turns();
    this.visible = false;
    this.stale = true;
    this.filled = false;
    onScreen(this.canvas, (visible) => this.#appears(visible));
    this.sizes = new ResizeObserver(onFrame(() => this.plot.resize()));
    this.sizes.observe(this.canvas);
  }

  /** @param {boolean} visible */
  #appears(visible) {
    this.visible = visible;
    if (visible && this.stale) this.load();
    else if (visible) this.redraw();
  }

  /** Asks for the series and their buckets, once it is on the screen. */
  load() {
    return this.#ask(async () => {
      await this.#resolve();
      await this.#fetch();
    });
  }

  /** Looks for series that have come or gone. */
  seek() {
    return this.stale
      ? this.load()
      : this.#ask(async () => void ((await this.#resolve()) && (await this.#fetch())));
  }

  /** Asks for the buckets of the window. */
  refresh() {
    return this.series.length ? this.#ask(() => this.#fetch()) : this.load();
  }

  /** @param {() => Promise<void>} request */
  async #ask(request) {
    this.stale = !this.visible;
    if (this.stale) return;
    try {
      await request();
      this.refusal = null;
    } catch (error) {
      if (!(error instanceof api.Refused || error instanceof api.Away)) throw error;
      if (error instanceof api.Refused) this.refusal = complaint(error);
      this.stale = true;
    }
    this.#remark();
  }

  /** Asks which series there are, and returns whether they are others. */
  async #resolve() {
    /** @type {api.Parameters} */
    const asked = this.chart.items.map((item) => [
      item[0] === "=" ? "key" : "match",
      item.slice(1),
    ]);
    const { unit } = this.chart;
    const limit = unit === null ? MOST_LINES : MOST_SEARCHED;
    const isNewest = this.resolving();
    const { series: all, next } = await api.keys([...asked, ["limit", limit]]);
    if (!isNewest()) return false;
    const fit = all.filter(({ key }) => unit === null || symbolOf(key) === unit);
    const series = fit.slice(0, MOST_LINES);
    series.forEach(learnSummary);
    this.cut =
      next === null && series.length === fit.length
        ? ""
        : `The first ${MOST_LINES} of more series. A narrower pattern shows others.`;
    const keys = series.map(({ key }) => key);
    cover(this, keys);
    if (keys.join(" ") === this.series.map(({ key }) => key).join(" ")) return false;
    this.#stop();
    // Those that stay are drawn until their buckets come.
    const drawn = new Map(this.series.map(({ key, buckets }) => [key, buckets]));
    this.series = keys.map((key, index) => this.#line(key, index, drawn.get(key) ?? []));
    this.ends = this.series.map((line) => listen(line.key, (fresh) => this.#take(line, fresh)));
    fill(this.legend, this.when, ...this.series.map(({ entry }) => entry));
    return true;
  }

  /** @param {string} key @param {number} colour @param {Bucket[]} buckets @returns {Series} */
  #line(key, colour, buckets) {
    const [unit, factor] = unitOf(key);
    const shown = h("b");
    const single = this.chart.items.includes("=" + key) && this.chart.items.length > 1;
    const entry = h(
      "li",
      {},
      h("i", {
        class: `swatch k${colour % COLOURS}${colour < COLOURS ? "" : " dashed"}`,
        "aria-hidden": "true",
      }),
      link({ key }, { title: key }, key),
      shown,
      single &&
        this.remove &&
        h(
          "button",
          {
            type: "button",
            class: "tool",
            "aria-label": `remove ${key} from this chart`,
            onclick: () => this.remove?.(key),
          },
          "×",
        ),
    );
    return { key, colour, unit, factor, entry, shown, buckets, newest: null, fresh: null };
  }

  async #fetch() {
    this.stale = !this.visible;
    if (this.stale) return;
    const isNewest = this.fetching();
    const keys = this.series.map(({ key }) => key);
    for (const line of this.series) line.fresh = [];
    try {
      const answer = await draft.ask(keys, this.plot.width, this.chart.rate);
      if (isNewest()) this.#show(answer);
    } finally {
      if (isNewest()) for (const line of this.series) line.fresh = null;
    }
  }

  /** Draws an answer, and the samples that came while it was on its way. @param {draft.Draft} answer */
  #show({ width, found }) {
    this.width = width;
    this.filled = true;
    for (const line of this.series)
      renew(line, width, found.get(line.key) ?? [], newestOf(line.key)?.time ?? null);
    this.draw();
  }

  /** @param {Series} line @param {[bigint, number][]} fresh */
  #take(line, fresh) {
    proceed(line, this.width, fresh);
    if (this.visible) this.redraw();
  }

  draw() {
    if (!this.visible || !this.filled) return;
    const units = new Set(this.series.map(({ unit, factor }) => unit + factor));
    const unit = units.size === 1 ? this.series[0].unit : "";
    const lines = this.series.map((line) => ({
      ...line,
      buckets: this.#drawn(line),
      factor: units.size === 1 ? line.factor : 1,
    }));
    const { log, rate } = this.chart;
    const counts = this.series.length > 0 && this.series.every(({ key }) => isCount(key));
    this.plot.draw(lines, {
      log,
      rate,
      unit: rate ? ofChange(unit) : unit,
      zero: rate || unit === "%" || counts,
      full: unit === "%" && !rate,
    });
    this.#point(null);
  }

  /** The buckets of a line that are drawn. The newest is not yet full, so its rate would be too low.
   * @param {Series} line */
  #drawn({ buckets }) {
    return this.chart.rate && this.width > 1n ? buckets.slice(0, -1) : buckets;
  }

  /** The buckets of a line in the window. @param {Series} line */
  #seen({ buckets }) {
    return within(buckets, this.width, clock);
  }

  /** Says what the picture alone does not. */
  #remark() {
    if (this.refusal) return void fill(this.note, this.refusal);
    const { log, rate } = this.chart;
    const bottom = this.plot.bottom;
    const empty = this.series.every(({ buckets }) => !buckets.length);
    const said = [
      this.cut,
      !this.series.length ? "No series matches." : empty ? "No samples in this range." : "",
      bottom !== null && !empty ? "The axis does not begin at 0." : "",
      log && this.series.some((line) => this.#seen(line).some(({ min }) => min <= 0))
        ? "A logarithmic axis has no place for 0 and below."
        : "",
      rate && this.series.some((line) => falls(this.#seen(line)))
        ? "Where values fall, a counter is taken to have begun again at 0."
        : "",
      new Set(this.series.map(({ unit }) => unit)).size > 1
        ? "Series of several units share this axis."
        : "",
    ];
    say(this.note, said.filter(Boolean).join(" "));
  }

  move() {
    if (!this.visible) return;
    if (this.plot.base !== clock.base) return this.draw();
    this.plot.move();
    if (!this.pointed) this.#point(null);
  }

  /** Shows in the legend the values under the cursor, or the newest. @param {number | null} index */
  #point(index) {
    this.pointed = index !== null;
    const at = index === null ? null : this.plot.plot?.data[0][index];
    for (const line of this.series)
      say(line.shown, at === null || at === undefined ? this.#newest(line) : this.#under(line, at));
    say(this.when, at === null || at === undefined ? "newest" : stamp(this.#timeOf(at)));
  }

  /** Returns the time of what is drawn at a place, which a double may not hold. @param {number} at */
  #timeOf(at) {
    const bucket = this.series.flatMap(({ buckets }) => buckets).find(({ time }) => x(time) === at);
    return bucket?.time ?? timeAt(at);
  }

  /** @param {Series} line */
  #newest(line) {
    const { unit, factor } = line;
    const buckets = this.#drawn(line);
    if (this.chart.rate) {
      const rate = rates(buckets.slice(-2), x)[1];
      return rate === null || rate === undefined
        ? "–"
        : short(rate * factor, ofChange(unit)) + "/s";
    }
    const bucket = buckets.findLast(({ time }) => time <= clock.until);
    return bucket ? short(bucket.last * factor, unit) : "–";
  }

  /** Writes all digits of the sample at a time, or of the nearest within some pixels; of a bucket of
   * several samples, the mean and what they lie between. @param {Series} line @param {number} at */
  #under(line, at) {
    const { unit, factor } = line;
    const buckets = this.#drawn(line);
    const near = nearest(
      buckets.map(({ time }) => x(time)),
      at,
    );
    const bucket = buckets[near];
    const reach = Math.max((length() / this.plot.width) * 12, x(this.width + clock.base));
    if (!bucket || Math.abs(x(bucket.time) - at) > reach) return "–";
    if (this.chart.rate) {
      const rate = near ? rates(buckets.slice(near - 1, near + 1), x)[1] : null;
      return rate === null ? "–" : full(Number(rate.toPrecision(9))) + "/s";
    }
    const { count, mean, min, max, last } = bucket;
    return count === 1 || min === max
      ? full(last) + (unit && factor === 1 ? " " + unit : "")
      : `${short(mean * factor, unit)} (${short(min * factor, unit)} to ${short(max * factor, unit)})`;
  }

  /** Draws with other colours. */
  repaint() {
    this.plot.shape = "";
    this.draw();
  }

  #stop() {
    this.ends.forEach((end) => end());
    this.ends = [];
  }

  close() {
    // What is asked for still would draw it, and listen to its series.
    this.visible = false;
    this.resolving();
    this.fetching();
    this.#stop();
    cover(this, []);
    this.sizes.disconnect();
    forget(this.canvas);
    this.plot.destroy();
  }
}

/** Returns the place of the number that is nearest to `at`. @param {number[]} sorted @param {number} at */
function nearest(sorted, at) {
  let [low, high] = [0, sorted.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= at) low = middle;
    else high = middle;
  }
  return high >= 0 && sorted[high] - at < at - sorted[low] ? high : low;
}
