// The charts of the view, each in its frame: made tall, moved, joined by dropping one on another.
import { onMove, onSettle } from "./clock.js";
import { by, fill, h, tool } from "./dom.js";
import { changeChart, current, go, onView } from "./navigation.js";
import { onTheme } from "./palette.js";
import { Panel } from "./panel.js";
import { formatChart } from "./view.js";

/** @typedef {{name: string, panel: Panel, element: HTMLElement, index: number}} Frame */

/** @type {Frame[]} */
let frames = [];

/** Makes the page show the charts of the view; those that stay are kept as they are. */
export function show() {
  const before = [...frames];
  const count = frames.length;
  frames = current.charts.map((chart, index) => {
    const name = formatChart(chart);
    const kept = before.findIndex((frame) => frame.name === name);
    // Two charts may be equal.
    const frame = kept < 0 ? make(chart, name) : before.splice(kept, 1)[0];
    frame.index = index;
    return frame;
  });
  for (const { panel } of before) panel.close();
  const place = by("charts");
  if (
    frames.some((frame, at) => place.children[at] !== frame.element) ||
    place.children.length !== frames.length
  )
    fill(place, ...frames.map(({ element }) => element));
  if (frames.length > count) frames[frames.length - 1].element.scrollIntoView({ block: "nearest" });
}

/** @param {import("./view.js").Chart} chart @param {string} name @returns {Frame} */
function make(chart, name) {
  const frame = /** @type {Frame} */ ({ name, index: 0 });
  const names = chart.items.map((item) => item.slice(1)).join(", ");
  const title = names + (chart.unit === null ? "" : `, ${chart.unit || "without a unit"}`);
  frame.panel = new Panel(chart, (key) =>
    changeChart(frame.index, { items: chart.items.filter((item) => item !== "=" + key) }),
  );
  const flag = (
    /** @type {"log" | "rate" | "tall"} */ name,
    /** @type {string} */ symbol,
    /** @type {string} */ title,
  ) =>
    tool(symbol, title, () => changeChart(frame.index, { [name]: !chart[name] }), {
      "aria-pressed": String(chart[name]),
    });
  frame.element = h(
    "section",
    { class: "chart" + (chart.tall ? " tall" : ""), "aria-label": `chart of ${title}` },
    h(
      "header",
      {
        draggable: "true",
        ondragstart: (/** @type {DragEvent} */ event) =>
          event.dataTransfer?.setData("text/x-chart", String(frame.index)),
      },
      h("h2", { title }, title),
      flag("rate", "/s", "/s: increase per second, of a counter"),
      flag("log", "log", "log: logarithmic axis"),
      tool("←", "move to the front", () => move(frame.index, frame.index - 1)),
      tool("→", "move to the back", () => move(frame.index, frame.index + 1)),
      tool("+", "join with the chart before it", () => join(frame.index, frame.index - 1)),
      flag("tall", "⤢", "tall"),
      tool("✕", "close", () =>
        go({ charts: current.charts.filter((_, at) => at !== frame.index) }),
      ),
    ),
    frame.panel.element,
  );
  receive(frame);
  return frame;
}

/** Lets cards and other charts be dropped on a chart. @param {Frame} frame */
function receive(frame) {
  const { element } = frame;
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("target");
  });
  element.addEventListener("dragleave", () => element.classList.remove("target"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("target");
    const chart = event.dataTransfer?.getData("text/x-chart");
    const item = event.dataTransfer?.getData("text/x-item");
    if (chart) join(Number(chart), frame.index);
    else if (item)
      changeChart(frame.index, {
        items: [...new Set([...current.charts[frame.index].items, item])],
      });
  });
}

/** Moves the series of a chart into another. @param {number} from @param {number} to */
function join(from, to) {
  const { charts } = current;
  if (from === to || !charts[from] || !charts[to]) return;
  const items = [...new Set([...charts[to].items, ...charts[from].items])];
  go({
    charts: charts
      .map((chart, at) => (at === to ? { ...chart, items } : chart))
      .filter((_, at) => at !== from),
  });
}

/** @param {number} from @param {number} to */
function move(from, to) {
  const charts = [...current.charts];
  if (to < 0 || to >= charts.length) return;
  charts.splice(to, 0, ...charts.splice(from, 1));
  go({ charts });
}

/** Asks for everything again. */
export function reload() {
  for (const { panel } of frames) panel.load();
}

/** Looks for series that have come or gone. */
export function seek() {
  for (const { panel } of frames) panel.seek();
}

onView(show);
onMove(() => frames.forEach(({ panel }) => panel.move()));
onSettle(() => frames.forEach(({ panel }) => panel.refresh()));
/** Draws with other colours or another zone. */
export function repaint() {
  frames.forEach(({ panel }) => panel.repaint());
}

onTheme(repaint);
