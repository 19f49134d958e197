// Makes the pictures of the README, light and dark: node tests/pictures.js
// Needs pngquant, which makes them a third of their size.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { end, now, open, serve } from "./browser/harness.js";

const FOLDER = fileURLToPath(new URL("../../pictures/", import.meta.url));
const HOURS = 2;
const STEP = 10;

/** A curve that looks measured, the same in each run. @param {number} seed @param {number} time */
function noise(seed, time) {
  const value = Math.sin(time * 12.9898 + seed * 78.233) * 43758.5453;
  return value - Math.floor(value);
}

/** @param {number} seed @param {number} time @param {number} period */
const wave = (seed, time, period) => Math.sin((time / period) * 6.283 + seed);

/** @type {Record<string, (time: number, seed: number) => number>} */
const METRICS = {
  cpu: (time, seed) =>
    30 +
    15 * wave(seed, time, 2600) +
    12 * noise(seed, time) +
    (noise(seed, Math.floor(time / 300)) > 0.85 ? 25 : 0),
  usage: (time, seed) => 55 + 6 * wave(seed, time, 5000) + noise(seed, time),
  disk_usage: (time, seed) => 39 + seed * 7 + time / 9000,
  // The integral of a rate that rises and falls.
  "net.sent_bytes_total": (time, seed) =>
    Math.round(
      15e9 +
        time * (30000 + 20000 * seed) +
        2e6 * wave(seed * 2, time, 1500) +
        3e4 * noise(seed, time),
    ),
  request_seconds: (time, seed) =>
    0.012 + 0.004 * wave(seed, time, 900) + 0.05 * noise(seed, time) ** 12,
  temperature_celsius: (time, seed) => 41 + 3 * wave(seed, time, 3100) + noise(seed, time) / 2,
  fan: (time, seed) => 10 * Math.round(72 + 6 * wave(seed, time, 3100) + noise(seed, time)),
};

const server = await serve();
const start = now() - HOURS * 3600;
for (const [seed, host] of ["oak", "palm", "willow"].entries())
  for (const [metric, value] of Object.entries(METRICS)) {
    const count = (HOURS * 3600) / STEP + 1;
    await server.put(
      ...Array.from(
        { length: count },
        (_, index) =>
          /** @type {[string, number, number]} */ ([
            `${host}.${metric}`,
            Number(value(index * STEP, seed).toFixed(4)),
            start + index * STEP,
          ]),
      ),
    );
  }
const view = "#chart=~*.cpu&chart=~*.request_seconds&chart=~*.net.sent_bytes_total+!rate";
mkdirSync(FOLDER, { recursive: true });
for (const theme of ["light", "dark"]) {
  const { page, close } = await open(server.url + view, {
    dark: theme === "dark",
    width: 1280,
    height: 760,
  });
  await page.locator(".card").nth(13).waitFor();
  const box = await page.locator(".u-over").first().boundingBox();
  if (box) await page.mouse.move(box.x + box.width * 0.7, box.y + 60);
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${FOLDER}${theme}.png` });
  execFileSync("pngquant", ["--force", "--strip", "--ext", ".png", "64", `${FOLDER}${theme}.png`]);
  await close();
}
await end();
await server.stop();
