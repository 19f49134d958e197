// A sparkline: the line of the means within a band from min to max. A gap is a gap.
import { clock, length, x } from "./clock.js";
import { gapOf } from "./buckets.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 28;

/** @returns {SVGSVGElement} */
export function make() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 -1 ${WIDTH} ${HEIGHT + 2}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const name of ["band", "line"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/** @param {SVGSVGElement} svg @param {import("./buckets.js").Bucket[]} buckets @param {bigint} width */
export function draw(svg, buckets, width) {
  const [band, line] = paths(buckets, x(clock.from), length(), x(width + clock.base) / 2);
  svg.children[0].setAttribute("d", band);
  svg.children[1].setAttribute("d", line);
}

/** Returns the paths of the band and of the line.
 * @param {import("./buckets.js").Bucket[]} buckets @param {number} from @param {number} length in seconds
 * @param {number} middle from the start of a bucket to its middle @returns {[string, string]} */
function paths(buckets, from, length, middle) {
  const times = buckets.map((bucket) => x(bucket.time));
  const gap = gapOf(times);
  const low = Math.min(...buckets.map((bucket) => bucket.min));
  const high = Math.max(...buckets.map((bucket) => bucket.max));
  const left = (/** @type {number} */ index) =>
    round(((times[index] + middle - from) / length) * WIDTH);
  // Halved first: the distance of huge values may be no double.
  const top = (/** @type {number} */ value) =>
    high > low
      ? round(HEIGHT - ((value / 2 - low / 2) / (high / 2 - low / 2)) * HEIGHT)
      : HEIGHT / 2;
  let [band, line] = ["", ""];
  for (const [begin, end] of runs(times, gap)) {
    const places = Array.from({ length: end - begin }, (_, index) => begin + index);
    // A lone sample is a short line, so that it can be seen.
    const dot = places.length === 1 ? "h1" : "";
    line += "M" + places.map((at) => `${left(at)} ${top(buckets[at].mean)}`).join("L") + dot;
    const upper = places.map((at) => `${left(at)} ${top(buckets[at].max)}`);
    const lower = places.map((at) => `${left(at)} ${top(buckets[at].min)}`).reverse();
    band += "M" + [...upper, ...lower].join("L") + "Z";
  }
  return [band, line];
}

/** Returns where the runs between gaps begin and end. @param {number[]} times @param {number} gap */
function runs(times, gap) {
  /** @type {[number, number][]} */
  const all = [];
  times.forEach((time, index) => {
    if (!index || time - times[index - 1] > gap) all.push([index, index]);
    all[all.length - 1][1] = index + 1;
  });
  return all;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
