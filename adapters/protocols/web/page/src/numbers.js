// How values are written: three digits in cards, all digits under the cursor, units by the key's name.

/** @typedef {"" | "%" | "pp" | "B" | "s" | "°C" | "Hz" | "V" | "A" | "W" | "J" | "m"} Unit */
/** @typedef {{by: number, suffix: string}} Scale */

/** The last words of names that tell a unit, and what one of it is in ours. @type {Map<string, [Unit, number]>} */
const WORDS = new Map([
  ["bytes", ["B", 1]],
  ["seconds", ["s", 1]],
  ["milliseconds", ["s", 1e-3]],
  ["ms", ["s", 1e-3]],
  ["percent", ["%", 1]],
  ["pct", ["%", 1]],
  ["celsius", ["°C", 1]],
  ["hertz", ["Hz", 1]],
  ["volts", ["V", 1]],
  ["amperes", ["A", 1]],
  ["watts", ["W", 1]],
  ["joules", ["J", 1]],
  ["meters", ["m", 1]],
]);

// The words that the command line takes for percentages, too.
const PERCENTAGES = ["cpu", "usage", "disk_usage"];

/** Returns the unit that a key's name tells, and the factor to it. @param {string} key @returns {[Unit, number]} */
export function unitOf(key) {
  const name = key.split(";")[0];
  if (name.endsWith("%") || name.split(".").some((node) => PERCENTAGES.includes(node)))
    return ["%", 1];
  const words = name.replace(/_(total|sum)$/, "").split(/[._-]/);
  return WORDS.get(words[words.length - 1].toLowerCase()) ?? ["", 1];
}

/** Returns the symbol of the unit that a key's name tells. @param {string} key */
export const symbolOf = (key) => unitOf(key)[0];

/** Tells whether a name says that its values count something. @param {string} key */
export function isCount(key) {
  return /(^|[._-])(count|total|bucket)$/.test(key.split(";")[0]);
}

const LARGE = ["", "k", "M", "G", "T", "P", "E"];
const SMALL = ["", "m", "µ", "n", "p"];

/** What long times are written in, from the longest on. @type {[number, string][]} */
const LONG = [
  [86400, " d"],
  [3600, " h"],
  [60, " min"],
];

/** Returns the factor and the suffix with which values up to `size` are written.
 * @param {number} size @param {Unit} unit @returns {Scale} */
export function scaleOf(size, unit) {
  const space = unit ? " " : "";
  const long = unit === "s" && size < 1e12 && LONG.find(([seconds]) => size >= 2 * seconds);
  if (long) return { by: long[0], suffix: long[1] };
  const exponent = size > 0 && isFinite(size) ? Math.floor(Math.log10(size) + 1e-12) : 0;
  const group = Math.floor(exponent / 3);
  // Powers of ten below this are no exact doubles.
  if (exponent < -300) return { by: 1, suffix: space + unit };
  if (["%", "pp", "°C"].includes(unit) ? Math.abs(group) < 3 : group === 0)
    return { by: 1, suffix: space + unit };
  if (group > 0 && group < LARGE.length)
    return { by: 1000 ** group, suffix: " " + LARGE[group] + unit };
  if (group < 0 && unit && unit !== "B" && -group < SMALL.length)
    return { by: 1000 ** group, suffix: " " + SMALL[-group] + unit };
  if (group < 0 && exponent >= -3) return { by: 1, suffix: space + unit };
  return { by: Number(`1e${exponent}`), suffix: `e${exponent}` + space + unit };
}

/** Writes a value with three digits. @param {number} value @param {Unit} [unit] */
export function short(value, unit = "") {
  const [digits, suffix] = parts(value, unit);
  return digits + suffix;
}

/** Returns three digits of a value, and its prefix and unit.
 * @param {number} value @param {Unit} unit @returns {[string, string]} */
export function parts(value, unit) {
  // Rounding may carry into the next prefix: 999.9 is 1.00 k.
  const { by, suffix } = scaleOf(Number(Math.abs(value).toPrecision(3)), unit);
  const [power, rest] = /^e/.test(suffix) ? suffix.split(" ") : ["", suffix];
  return [trim(value / by) + power, power && rest ? " " + rest : (rest ?? "")];
}

/** @param {number} value */
function trim(value) {
  if (Object.is(value, -0)) return "-0";
  const text = value.toPrecision(3);
  // Zeros at the end tell that the value is rounded: 0.1 has none.
  return text.includes("e") || Number(text) === Number(value.toPrecision(14))
    ? String(Number(text))
    : text;
}

/** Writes all digits of a value. @param {number} value */
export function full(value) {
  return Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
}

/** Returns the unit of changes: those of percentages are points, since −50 % may also mean half.
 * @param {Unit} unit @returns {Unit} */
export function ofChange(unit) {
  return unit === "%" ? "pp" : unit;
}

/** Writes the change between two values with its sign. @param {number} from @param {number} to @param {Unit} unit */
export function signed(from, to, unit) {
  if (from === to) return "0";
  const change = Math.abs(to - from);
  // Halved: the difference of huge values may be no double.
  const text = isFinite(change)
    ? short(change, ofChange(unit))
    : (Math.abs(to / 2 - from / 2) / 5e307).toPrecision(3) + "e308" + (unit && " " + unit);
  return (to > from ? "+" : "−") + text;
}

/** Returns round numbers between two values, at most `most` of them.
 * @param {number} from @param {number} until @param {number} most */
export function ticks(from, until, most) {
  const power = 10 ** Math.floor(Math.log10((until - from) / most));
  const steps = [1, 2, 5, 10, 20].map((nice) => nice * power);
  return (
    steps.map((step) => multiples(from, until, step)).find((all) => all.length <= most) ?? [from]
  );
}

/** @param {number} from @param {number} until @param {number} step */
function multiples(from, until, step) {
  if (!(step > 0) || !isFinite(step)) return [from];
  const [first, last] = [Math.ceil(from / step - 1e-9), Math.floor(until / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** Returns the numbers at which an axis of decimal logarithms is marked: powers of ten, or 1, 2 and 5
 * of each if they are few. @param {number} from @param {number} until @param {number} most */
export function logTicks(from, until, most) {
  if (until - from < 0.5) return ticks(from, until, most);
  const step = Math.max(1, Math.ceil((until - from) / (most - 1)));
  const nice = step > 1 || until - from > (most - 1) / 3 ? [1] : [1, 2, 5];
  const all = [];
  for (let power = Math.floor(from); power <= until; power += step)
    for (const digit of nice) all.push(power + Math.log10(digit));
  return all.filter((tick) => tick >= from && tick <= until);
}
