// Hands on a chart. Mouse: dragging zooms (uPlot selects), with Shift it pans; the wheel zooms with
// Ctrl and pans with Shift or sideways; a double click zooms out. Touch: one finger pans, two zoom.
import { clock, show, zoom, shift } from "./clock.js";
import { fromSeconds, seconds } from "./server.js";

/** @param {HTMLElement} over the area of the lines */
export function attach(over) {
  over.addEventListener("wheel", (event) => wheel(event, over), { passive: false });
  over.addEventListener("dblclick", () => zoom(2));
  over.addEventListener("pointerdown", (event) => grab(event, over));
  over.addEventListener("pointermove", (event) => drag(event, over));
  for (const name of ["pointerup", "pointercancel"])
    over.addEventListener(name, (event) => release(/** @type {PointerEvent} */ (event), over));
  // uPlot would select.
  over.addEventListener(
    "mousedown",
    (event) => event.shiftKey && event.stopImmediatePropagation(),
    true,
  );
}

/** @param {WheelEvent} event @param {HTMLElement} over */
function wheel(event, over) {
  const box = over.getBoundingClientRect();
  const sideways = event.shiftKey
    ? event.deltaY || event.deltaX
    : Math.abs(event.deltaX) > Math.abs(event.deltaY)
      ? event.deltaX
      : 0;
  if (event.ctrlKey || event.metaKey)
    zoom(1.0015 ** clamp(event.deltaY), (event.clientX - box.left) / box.width);
  else if (sideways) shift(clamp(sideways) / box.width);
  else return;
  event.preventDefault();
}

/** @param {number} delta */
const clamp = (delta) => Math.max(-300, Math.min(300, delta));

/** Fingers, or a mouse with Shift: where each of them is. @type {Map<number, number>} */
const held = new Map();
/** The window and the places when the last finger came or went. */
let begun = { from: 0n, until: 0n, places: /** @type {number[]} */ ([]) };

/** @param {PointerEvent} event @param {HTMLElement} over */
function grab(event, over) {
  if (event.pointerType === "mouse" && !event.shiftKey) return;
  held.set(event.pointerId, place(event, over));
  over.setPointerCapture(event.pointerId);
  begin();
}

function begin() {
  clock.held = held.size > 0;
  begun = { from: clock.from, until: clock.until, places: [...held.values()].slice(0, 2) };
}

/** @param {PointerEvent} event @param {HTMLElement} over */
function drag(event, over) {
  if (!held.has(event.pointerId)) return;
  held.set(event.pointerId, place(event, over));
  const places = [...held.values()].slice(0, 2);
  // A tap is no drag.
  if (places.every((at, index) => Math.abs(at - begun.places[index]) < 0.01)) return;
  show(...stretched(begun, places));
}

/** @param {PointerEvent} event @param {HTMLElement} over */
function release(event, over) {
  if (held.delete(event.pointerId)) begin();
  if (over.hasPointerCapture(event.pointerId)) over.releasePointerCapture(event.pointerId);
}

/** @param {PointerEvent} event @param {HTMLElement} over */
function place(event, over) {
  const box = over.getBoundingClientRect();
  return (event.clientX - box.left) / box.width;
}

/** Returns the window in which the times under the fingers are where the fingers are now.
 * @param {{from: bigint, until: bigint, places: number[]}} begun @param {number[]} places @returns {[bigint, bigint]} */
export function stretched({ from, until, places: [first, second] }, [one, two]) {
  const length = seconds(until - from);
  const factor =
    second === undefined || two === undefined || Math.abs(two - one) < 0.02
      ? 1
      : Math.abs((second - first) / (two - one));
  const middle = second === undefined || two === undefined ? first : (first + second) / 2;
  const target = second === undefined || two === undefined ? one : (one + two) / 2;
  const start = from + fromSeconds(length * (middle - target * factor));
  return [start, start + fromSeconds(length * factor)];
}
