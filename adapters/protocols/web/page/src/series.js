// One series over the full width: chart, statistics, samples, how to get them, and its removal.
import * as api from "./api.js";
import { attempt } from "./attempt.js";
import { rate, read, statistics, within } from "./buckets.js";
import { clock, onMove, onSettle, x } from "./clock.js";
import { by, command, complaint, fill, h, say, tool } from "./dom.js";
import * as draft from "./draft.js";
import { current, go, link, onView } from "./navigation.js";
import { newestOf } from "./newest.js";
import { full, signed } from "./numbers.js";
import { onTheme } from "./palette.js";
import { Panel } from "./panel.js";
import { info } from "./server.js";
import { quote, serverOptions } from "./shell.js";
import { write } from "./table.js";
import { iso, stamp } from "./times.js";
import { turns } from "./turns.js";

const FEW = 100;
const MANY = 1000;

/** @type {Panel | null} */
let panel = null;
let shown = "";
/** How many samples the table has at most. */
let most = FEW;
/** The time of the newest sample when they were asked for. @type {bigint | undefined} */
let seen;
/** Begins to ask for the figures and the samples. */
const begin = turns();
/** Whether they are on their way. */
let busy = false;

export function show() {
  const { key, form } = current;
  document.body.classList.toggle("single", key !== null);
  document.title = `${key ?? location.host} · metric`;
  const name = JSON.stringify([key, form]);
  if (name === shown) return;
  shown = name;
  panel?.close();
  panel = null;
  begin();
  most = FEW;
  fill(by("series"));
  if (key !== null) build(key, form);
}

/** @param {string} key @param {{log: boolean, rate: boolean}} form */
function build(key, form) {
  panel = new Panel({ items: ["=" + key], unit: null, log: form.log, rate: form.rate, tall: true });
  const flag = (
    /** @type {"log" | "rate"} */ name,
    /** @type {string} */ symbol,
    /** @type {string} */ title,
  ) =>
    tool(symbol, title, () => go({ form: { ...form, [name]: !form[name] } }), {
      "aria-pressed": String(form[name]),
    });
  fill(
    by("series"),
    h(
      "header",
      {},
      link({ key: null }, {}, "← all series"),
      h("h2", { tabindex: "-1" }, key),
      flag("rate", "/s", "/s: increase per second, of a counter"),
      flag("log", "log", "log: logarithmic axis"),
      info?.delete
        ? h(
            "button",
            {
              type: "button",
              id: "remove",
              class: "danger",
              hidden: true,
              onclick: () => askRemoval(key),
            },
            "remove…",
          )
        : null,
    ),
    h("div", { class: "chart tall" }, panel.element),
    h("dl", { id: "statistics" }),
    h("h3", {}, "Get these samples"),
    h("div", { id: "ways" }),
    h("h3", {}, "Samples"),
    h(
      "div",
      { id: "samples" },
      h("div", { id: "refused" }),
      h("table", { id: "rows" }),
      h(
        "button",
        {
          type: "button",
          class: "more",
          id: "more",
          hidden: true,
          onclick: () => ((most = MANY), figure(key)),
        },
        `${MANY} samples`,
      ),
      h("p", { class: "note", id: "rest" }),
    ),
  );
  scrollTo(0, 0);
  by("series").querySelector("h2")?.focus({ preventScroll: true });
  detail();
}

/** Asks for what depends on the window. */
function detail() {
  const { key } = current;
  if (key === null || !panel) return;
  fill(by("ways"), ...ways(key));
  figure(key);
}

/** Asks for the figures and the samples. @param {string} key */
async function figure(key) {
  seen = newestOf(key)?.time;
  const refused = by("refused");
  const isNewest = begin();
  busy = true;
  await attempt(refused, async () => {
    const asked = [summarize(key, isNewest), tabulate(key, isNewest), offerRemoval(key)];
    await Promise.all(asked).catch((error) => {
      if (isNewest()) throw error;
    });
    if (isNewest()) fill(refused);
  });
  busy &&= !isNewest();
}

/** Shows the button for a series that is there. @param {string} key */
async function offerRemoval(key) {
  const button = by("remove");
  if (button?.hidden) button.hidden = !(await api.keys([["key", key]])).series.length;
}

/** @returns {api.Parameters} */
const span = () => [
  ["from", clock.from],
  ["until", clock.until],
];

/** @param {string} key @param {() => boolean} isNewest */
async function summarize(key, isNewest) {
  const { series } = await api.buckets([key], [...span(), ["points", 100]]);
  const told = statistics((series[0]?.buckets ?? []).map(read));
  const pace = current.form.rate ? await paceOf(key) : null;
  if (!isNewest()) return;
  const entries = told
    ? [
        ["min", full(told.min)],
        ["max", full(told.max)],
        ["mean", full(told.mean)],
        ["last", full(told.last)],
        ["count", told.count.toLocaleString("en")],
        current.form.rate
          ? ["rate", pace === null ? "–" : full(Number(pace.toPrecision(6))) + "/s"]
          : ["change", change(told)],
      ]
    : [["count", "0"]];
  const place = by("statistics");
  if (place.children.length !== entries.length)
    fill(place, ...entries.map(() => h("div", {}, h("dt"), h("dd"))));
  const cells = place.querySelectorAll("dt, dd");
  entries.flat().forEach((text, at) => say(cells[at], text));
}

/** @param {import("./buckets.js").Statistics} told */
function change({ first, last }) {
  const exact = Number((last - first).toPrecision(15));
  return isFinite(exact) ? full(exact) : signed(first, last, "");
}

/** Returns the rate over the range, of the samples from which the chart draws it. @param {string} key */
async function paceOf(key) {
  const { width, found } = await draft.ask([key], 100, true);
  // The newest bucket is not yet full.
  const all = (found.get(key) ?? []).slice(0, width > 1n ? -1 : undefined);
  return rate(within(all, width, clock), x);
}

/** @param {string} key @param {() => boolean} isNewest */
async function tabulate(key, isNewest) {
  const newest = most;
  const answer = await api.askExact("/v1/range", [["key", key], ...span(), ["newest", newest]]);
  if (!isNewest()) return;
  /** @type {api.Sample[]} */
  const samples = (answer.series[0]?.samples ?? []).reverse();
  const rows = samples.map(([time, value]) => [stamp(BigInt(time)), String(time), full(value)]);
  const table = /** @type {HTMLTableElement} */ (by("rows"));
  write(table, rows.length ? [["time", "timestamp", "value"], ...rows] : []);
  table.hidden = !rows.length;
  by("more").hidden = rows.length < newest || newest === MANY;
  say(by("rest"), restOf(rows.length));
}

/** @param {number} count of the samples that are shown */
function restOf(count) {
  if (!count) return "No samples in this range.";
  return count < MANY ? "" : `The newest ${MANY} of the range. CSV has all.`;
}

/** @param {string} key */
function ways(key) {
  const csv = api.address("/v1/range", [["key", key], ...span(), ["format", "csv"]]);
  return [
    info?.native && command(`metric get ${quote(key)} ${cliSpan()}${serverOptions(location.host)}`),
    command(`curl ${quote(location.origin + csv)}`),
    h(
      "p",
      {},
      h("a", { href: csv, download: key.replace(/[^\w.-]+/g, "_").slice(0, 100) + ".csv" }, "CSV"),
    ),
  ];
}

/** The window as options of `metric`. */
function cliSpan() {
  if (clock.range && clock.range !== "all") return `--since ${clock.range}`;
  try {
    return `--since ${iso(clock.from)} --until ${iso(clock.until)}`;
  } catch {
    return "";
  }
}

/** Asks before a removal, with the number of samples. @param {string} key */
async function askRemoval(key) {
  const dialog = /** @type {HTMLDialogElement} */ (by("removal"));
  fill(dialog);
  await attempt(dialog, async () => {
    const { series } = await api.keys([["key", key]]);
    const count = (series[0]?.count ?? 0).toLocaleString("en");
    const close = () => dialog.close();
    fill(
      dialog,
      h("h2", {}, "Remove this series?"),
      h("p", {}, `All ${count} samples of `, h("b", {}, key), " go for good."),
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", onclick: close, autofocus: true }, "keep"),
        h(
          "button",
          { type: "button", class: "danger", onclick: () => remove(key, dialog) },
          `remove ${count} samples`,
        ),
      ),
    );
  });
  // Else the server is away.
  if (dialog.hasChildNodes()) dialog.showModal();
}

/** @type {() => void} */
let removed = () => {};

/** @param {() => void} listener */
export function onRemoved(listener) {
  removed = listener;
}

/** @param {string} key @param {HTMLDialogElement} dialog */
async function remove(key, dialog) {
  try {
    await api.ask("/v1/series", [["key", key]], "DELETE");
    dialog.close();
    const charts = current.charts.map((chart) => ({
      ...chart,
      items: chart.items.filter((item) => item !== "=" + key),
    }));
    go({ key: null, charts: charts.filter((chart) => chart.items.length) }, true);
    removed();
  } catch (error) {
    dialog.append(complaint(error));
  }
}

/** Asks for everything again. */
export function reload() {
  panel?.load();
  if (!document.hidden) detail();
}

/** Looks for the series, which may have come or gone. */
export function seek() {
  panel?.seek();
  detail();
}

/** Asks for the figures of a series that has newer samples, unless a slow server is asked still: its answers
 * would never be the newest. */
export function renew() {
  const { key } = current;
  if (key !== null && clock.live && !busy && newestOf(key)?.time !== seen) figure(key);
}

onView(show);
onMove(() => panel?.move());
onSettle(() => {
  panel?.refresh();
  detail();
});
onTheme(() => panel?.repaint());
