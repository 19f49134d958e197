// One picture by uPlot: lines with their bands, axes of our own, the cursor that all pictures share.
import { align } from "./align.js";
import { clock, length, timeAt, x } from "./clock.js";
import * as gestures from "./gestures.js";
import { logTicks, scaleOf, short, ticks } from "./numbers.js";
import { COLOURS, colour } from "./palette.js";
import { seconds } from "./server.js";
import * as times from "./times.js";
import uPlot from "../vendor/uPlot.esm.js";

/** @typedef {import("./buckets.js").Bucket} Bucket */
/** @typedef {{key: string, buckets: Bucket[], colour: number, factor: number}} Line */
/** @typedef {{log: boolean, rate: boolean, unit: import("./numbers.js").Unit, zero: boolean, full: boolean}} Form
 *   `zero`: the axis begins at 0; `full`: it goes to 100 */

const FONT = "11px system-ui, sans-serif";
const MOST_TICKS = 6;
const PADDING = 12;

export class Plot {
  /** @param {HTMLElement} place @param {(index: number | null) => void} pointed @param {(from: bigint, until: bigint) => void} selected */
  constructor(place, pointed, selected) {
    this.place = place;
    this.pointed = pointed;
    this.selected = selected;
    /** @type {uPlot | null} */
    this.plot = null;
    this.shape = "";
    /** @type {import("./numbers.js").Scale} */
    this.scale = { by: 1, suffix: "" };
    /** @type {number[][]} */
    this.lone = [];
    /** @type {(string | null)[]} */
    this.columns = [];
  }

  /** Is called when the picture has been drawn. */
  drawn = () => {};

  /** @param {Line[]} lines @param {Form} form */
  draw(lines, form) {
    this.form = form;
    this.base = clock.base;
    const { xs, columns, lone } = align(
      lines.map(({ buckets }) => buckets),
      x,
      form,
    );
    this.lone = lone;
    const factor = lines[0]?.factor ?? 1;
    const most = largest(columns) * factor;
    // 1500 rather than 1.5 k.
    this.scale = form.log
      ? { by: 1 / factor, suffix: "" }
      : scaleOf(most < 2000 ? most / 2 : most, form.unit);
    const by = this.scale.by / factor;
    /** @type {any} */
    const data = [
      xs,
      ...(form.log
        ? columns
        : columns.map((column) => column.map((value) => (value == null ? value : value / by)))),
    ];
    const shape = lines.map(({ key, colour }) => colour + key).join(" ");
    if (!this.plot || shape !== this.shape) this.#create(lines, shape, data);
    else this.plot.setData(data, false);
    this.move();
  }

  /** Shows the window of the clock. */
  move() {
    if (!this.plot || this.base !== clock.base) return;
    this.plot.setScale("x", { min: x(clock.from), max: x(clock.until) });
  }

  /** @param {Line[]} lines @param {string} shape @param {any} data */
  #create(lines, shape, data) {
    this.destroy();
    this.shape = shape;
    this.plot = new uPlot(this.#options(lines), data, this.place);
    gestures.attach(this.plot.over);
  }

  destroy() {
    this.plot?.destroy();
    this.plot = null;
  }

  resize() {
    this.plot?.setSize(this.#size());
  }

  /** Width of the area of the lines, for which data is asked. */
  get width() {
    return Math.max(50, Math.round(this.plot?.over.clientWidth || this.place.clientWidth - 60));
  }

  #size() {
    return {
      width: Math.max(100, this.place.clientWidth),
      height: Math.max(80, this.place.clientHeight),
    };
  }

  /** @param {Line[]} lines @returns {uPlot.Options} */
  #options(lines) {
    return {
      ...this.#size(),
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, min, max) => [min, max] },
        y: { range: (_, low, high) => this.#range(low, high) },
      },
      series: [{}, ...lines.flatMap((line, index) => this.#series(line, index))],
      bands: lines.map((line, index) => ({
        series: /** @type {[number, number]} */ ([index * 3 + 3, index * 3 + 2]),
        fill: colour("c" + (line.colour % COLOURS)) + "26",
      })),
      axes: [this.#timeAxis(), this.#valueAxis()],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        sync: { key: "page", setSeries: false, scales: ["x", null] },
        points: { show: false },
        y: false,
        dataIdx: (plot, _, index) => index,
      },
      hooks: {
        setCursor: [
          (plot) =>
            this.pointed(
              plot.cursor.left === undefined || plot.cursor.left < 0
                ? null
                : (plot.cursor.idx ?? null),
            ),
        ],
        draw: [() => this.drawn()],
        setSelect: [(plot) => this.#select(plot)],
      },
      padding: [8, PADDING, 0, 0],
    };
  }

  /** @param {Line} line @param {number} index @returns {uPlot.Series[]} */
  #series(line, index) {
    const stroke = colour("c" + (line.colour % COLOURS));
    // A peak of one pixel would not be seen in the band alone.
    const edge = { points: { show: false }, stroke: stroke + "60", width: 1 };
    // Eleven lines and more are told apart by dashes.
    const dash = line.colour < COLOURS ? undefined : [6, 3];
    const points = {
      show: true,
      size: 4,
      fill: stroke,
      filter: (/** @type {uPlot} */ plot) => this.#points(plot, index),
    };
    return [{ stroke, width: 1.5, dash, points }, edge, edge];
  }

  /** Returns which samples are drawn as points: those without neighbours, or all if they are sparse.
   * @param {uPlot} plot @param {number} index */
  #points(plot, index) {
    const [first, last] = plot.series[0].idxs ?? [0, 0];
    const column = plot.data[index * 3 + 1];
    const sparse = last - first < plot.over.clientWidth / 16;
    if (!sparse) return this.lone[index] ?? [];
    const all = [];
    for (let at = first; at <= last; at++) if (column[at] != null) all.push(at);
    return all;
  }

  /** @param {number | null} low @param {number | null} high @returns {[number | null, number | null]} */
  #range(low, high) {
    const form = /** @type {Form} */ (this.form);
    if (low === null || high === null || !isFinite(low)) return [0, 1];
    if (form.full && low >= 0 && high <= 100) return [0, 100];
    if (form.zero && !form.log) [low, high] = [Math.min(0, low), Math.max(0, high)];
    // A constant is drawn in the middle.
    const margin = (high - low) * 0.06 || (form.log ? 0.5 : Math.abs(high) * 0.05) || 1;
    return [form.zero && low === 0 ? 0 : low - margin, high + margin];
  }

  /** Where the axis of values begins, if not at 0. */
  get bottom() {
    const low = this.plot?.scales.y.min;
    return this.form?.log || low === undefined || low <= 0 || this.lone.length === 0 ? null : low;
  }

  /** @returns {uPlot.Axis} */
  #timeAxis() {
    return {
      ...this.#axis(),
      size: 24,
      splits: (plot) => this.#times(plot).map(([at]) => x(at)),
      values: (plot) => this.#times(plot).map(([, text]) => text),
    };
  }

  /** @param {uPlot} plot */
  #times(plot) {
    const most = Math.max(
      2,
      Math.min(MOST_TICKS, Math.floor(plot.over.clientWidth / 70) || MOST_TICKS),
    );
    const width = plot.over.clientWidth;
    // A text that would be cut at the right edge is left out.
    const fits = (/** @type {[bigint, string]} */ [at, text]) =>
      (seconds(clock.until - at) / length()) * width + PADDING >= text.length * 3.2;
    return times.ticks(clock.from, clock.until, most).filter(fits);
  }

  /** @returns {uPlot.Axis} */
  #valueAxis() {
    return {
      ...this.#axis(),
      size: (_, values) => 14 + Math.max(...(values ?? [""]).map((text) => text.length * 6.2)),
      splits: (plot, _, low, high) => this.#marks(low, high, plot.height),
      values: (_, splits) => splits.map((at) => this.#mark(at)),
    };
  }

  /** @param {number} low @param {number} high @param {number} height */
  #marks(low, high, height) {
    const most = Math.max(2, Math.min(MOST_TICKS, Math.floor(height / 32)));
    return (this.form?.log ? logTicks : ticks)(low, high, most);
  }

  /** @param {number} at */
  #mark(at) {
    if (at === 0 && !this.form?.log) return "0";
    // 1e300 rather than 1000e297.
    if (!this.form?.log && /^e/.test(this.scale.suffix))
      return short(at * this.scale.by, this.form?.unit) + (this.form?.rate ? "/s" : "");
    if (!this.form?.log)
      return Number(at.toPrecision(12)) + this.scale.suffix + (this.form?.rate ? "/s" : "");
    const { by, suffix } = scaleOf(10 ** at / this.scale.by, this.form.unit);
    return Number((10 ** at / this.scale.by / by).toPrecision(3)) + suffix;
  }

  /** What both axes share. The number of marks is ours, so uPlot's choice of distances is given one.
   * @returns {uPlot.Axis} */
  #axis() {
    return {
      stroke: () => colour("soft"),
      font: FONT,
      grid: { stroke: () => colour("grid"), width: 1 },
      ticks: { show: false },
      space: 1,
      incrs: [1e15],
      gap: 6,
    };
  }

  /** @param {uPlot} plot */
  #select(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const [from, until] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.selected(timeAt(from), timeAt(until));
  }
}

/** @param {import("./align.js").Column[]} columns */
function largest(columns) {
  let most = 0;
  for (const column of columns)
    for (const value of column) if (value != null && Math.abs(value) > most) most = Math.abs(value);
  return most;
}
