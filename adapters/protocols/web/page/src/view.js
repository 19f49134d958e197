// What is seen, as the address tells it, so that it can be sent and gone back to.

/** A chart: keys (`=` before each) and patterns (`~` before each).
 * @typedef {{items: string[], unit: string | null, log: boolean, rate: boolean, tall: boolean}} Chart
 *   with a unit (`@` before it), only series of that unit are drawn */
/** @typedef {{range: string, from: bigint | null, until: bigint | null, live: boolean, turned: boolean,
 *   utc: boolean, key: string | null, form: {log: boolean, rate: boolean}, charts: Chart[]}} View
 *   `form` is how the one series `key` is drawn */

export const RANGES = /** @type {Record<string, number>} */ ({
  "15m": 900,
  "1h": 3600,
  "6h": 21600,
  "24h": 86400,
  "7d": 604800,
  all: 0,
});

const FLAGS = /** @type {("log" | "rate" | "tall")[]} */ (["log", "rate", "tall"]);

/** @param {string[]} items @returns {Chart} */
export function chartOf(items) {
  return { items, unit: null, log: false, rate: false, tall: false };
}

/** @param {string} hash @returns {View} */
export function parse(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const [from, until] = [time(asked.get("from")), time(asked.get("until"))];
  const absolute = from !== null && until !== null && from < until;
  const range = asked.get("range") ?? "";
  return {
    range: !absolute && Object.hasOwn(RANGES, range) ? range : "",
    from: absolute ? from : null,
    until: absolute ? until : null,
    live: !absolute && asked.get("live") !== "0",
    turned: asked.get("by") === "metric",
    utc: asked.get("zone") === "utc",
    key: asked.get("key"),
    form: formOf((asked.get("form") ?? "").split(" ")),
    charts: asked
      .getAll("chart")
      .map(parseChart)
      .filter((chart) => chart.items.length),
  };
}

/** @param {string[]} words */
function formOf(words) {
  return { log: words.includes("log"), rate: words.includes("rate") };
}

/** @param {string} text @returns {Chart} */
function parseChart(text) {
  const words = text.split(" ");
  const chart = chartOf(words.filter((word) => /^[=~]./.test(word)));
  chart.unit = words.find((word) => word[0] === "@")?.slice(1) ?? null;
  for (const flag of FLAGS) chart[flag] = words.includes("!" + flag);
  return chart;
}

/** @param {string | null} text */
function time(text) {
  return text !== null && /^-?\d{1,19}$/.test(text) ? BigInt(text) : null;
}

/** @param {View} view */
export function format(view) {
  const told = new URLSearchParams();
  if (view.key !== null) told.set("key", view.key);
  const form = [view.form.log && "log", view.form.rate && "rate"].filter(Boolean);
  if (view.key !== null && form.length) told.set("form", form.join(" "));
  if (view.range) told.set("range", view.range);
  if (view.from !== null && view.until !== null) {
    told.set("from", String(view.from));
    told.set("until", String(view.until));
  } else if (!view.live) told.set("live", "0");
  if (view.turned) told.set("by", "metric");
  if (view.utc) told.set("zone", "utc");
  for (const chart of view.charts) told.append("chart", formatChart(chart));
  return "#" + told;
}

/** @param {Chart} chart */
export function formatChart(chart) {
  const unit = chart.unit === null ? [] : ["@" + chart.unit];
  const flags = FLAGS.filter((flag) => chart[flag]).map((flag) => "!" + flag);
  return [...chart.items, ...unit, ...flags].join(" ");
}
