// A server with samples, and a browser that looks at its page. A message of the page's console, an
// exception or a violation of its policy fails the test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const TARGET =
  process.env.CARGO_TARGET_DIR ??
  fileURLToPath(new URL("../../../../../../target", import.meta.url));
const PROGRAM = process.env.METRIC_SERVER_PROGRAM ?? `${TARGET}/debug/metric-smol`;
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The servers that run. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Starts a server on a port of its own, or on a given one.
 * @param {string[]} [options] @param {string} [listen] */
export async function serve(options = ["--allow-delete"], listen = "127.0.0.1:0") {
  const child = spawn(PROGRAM, ["--listen", listen, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const host = await Promise.any([child.stdout, child.stderr].map(heard));
  return {
    host,
    url: `http://${host}/`,
    /** Stores samples. @param {...[string, number, bigint | number]} samples */
    put: (...samples) => put(host, samples),
    async stop() {
      if (!running.has(child)) return;
      child.kill();
      await once(child, "exit");
    },
  };
}

/** Returns the address that a server says it listens on. @param {import("node:stream").Readable} output */
async function heard(output) {
  for await (const line of createInterface({ input: output })) {
    const found = /listening on (127\.0\.0\.1:\d+)/.exec(line);
    if (found) return (output.resume(), found[1]);
  }
  throw new Error("the server does not say where it listens");
}

/** @param {string} host @param {[string, number, bigint | number][]} samples */
async function put(host, samples) {
  const [address, port] = host.split(":");
  const socket = connect(Number(port), address);
  let replies = "";
  socket.on("data", (data) => (replies += data));
  socket.end(samples.map(([key, value, time]) => `put ${key} ${value} ${time}\n`).join(""));
  await once(socket, "close");
  assert.equal(replies, "ok\n\n".repeat(samples.length));
}

let browser = /** @type {import("playwright-core").Browser | null} */ (null);

/** @typedef {{width?: number, height?: number, touch?: boolean, dark?: boolean, quiet?: boolean, zone?: string}} Look */

/** Opens the page of a server. @param {string} url @param {Look} [look] `quiet` allows failing requests */
export async function open(url, look = {}) {
  browser ??= await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    colorScheme: look.dark ? "dark" : "light",
    hasTouch: look.touch ?? false,
    isMobile: look.touch ?? false,
    timezoneId: look.zone ?? "Europe/Berlin",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  /** @type {string[]} */
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error.stack)));
  page.on("console", (message) => {
    if (!look.quiet || !/Failed to load resource|net::ERR/.test(message.text()))
      wrong.push(message.text());
  });
  page.on("dialog", (dialog) => wrong.push(`a dialog says ${dialog.message()}`));
  await page.goto(url);
  return {
    page,
    /** Ends the look at the page, and tells what went wrong. */
    async close() {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  };
}

/** Ends the browser, and the servers of tests that have failed. */
export async function end() {
  for (const child of running) child.kill();
  await browser?.close();
  browser = null;
}

/** Opens a page, uses it, and closes it. @param {string} url @param {Look} look
 * @param {(page: import("playwright-core").Page) => Promise<void>} use */
export async function look(url, look, use) {
  const { page, close } = await open(url, look);
  await use(page);
  await close();
}

/** Now, in seconds. */
export const now = () => Math.floor(Date.now() / 1000);

/** Samples of a series, from long ago to now. @param {string} key @param {(index: number) => number} value
 * @param {number} count @param {number} [step] @returns {[string, number, number][]} */
export function series(key, value, count, step = 10) {
  const end = now();
  return Array.from({ length: count }, (_, index) => [
    key,
    value(index),
    end - (count - 1 - index) * step,
  ]);
}

/** Waits until a page's expression is true. @param {() => Promise<boolean>} holds @param {string} what */
export async function until(holds, what) {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`never: ${what}`);
}

/** @param {import("playwright-core").Page} page @param {string} selector */
export const texts = (page, selector) => page.locator(selector).allTextContents();

/** What a chart's window is, by its address. @param {import("playwright-core").Page} page */
export function asked(page) {
  return new URLSearchParams(new URL(page.url()).hash.slice(1));
}
