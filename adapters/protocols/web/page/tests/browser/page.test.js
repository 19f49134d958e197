// Every feature of the page, in a browser, against a server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asked, end, look, now, open, serve, series, texts, until } from "./harness.js";

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
const HOSTILE = "<img/src=x/onerror=alert(1)>.x";

before(async () => {
  server = await serve();
  await server.put(
    ...series("palm.cpu", (index) => 40 + (index % 20), 360),
    ...series("palm.disk.read_bytes", (index) => 1e6 + index * 1000, 360),
    ...series("palm.requests_total", (index) => (index % 180) * 50, 360),
    ...series("palm.fan", (index) => 740 + (index % 3) * 10, 360),
    ...series("oak.cpu", (index) => 10 + (index % 5), 360),
    ...series("oak.gone", (index) => index, 50).map(([key, value, time]) => /** @type {[string, number, number]} */ ([key, value, time - 1800])),
    ...series("lone", () => 7, 1),
    [HOSTILE, 1, now()],
  );
});

after(async () => {
  await end();
  await server.stop();
});

/** @param {import("playwright-core").Page} page @param {string} key */
const card = (page, key) => page.locator(".card", { has: page.locator(`h3 a[title="${key}"]`) });

/** @param {...string} items */
const charts = (...items) => server.url + "#" + items.map((item) => "chart=" + encodeURIComponent(item)).join("&");

/** The area of a chart's lines. @param {import("playwright-core").Page} page @param {number} [index] */
async function area(page, index = 0) {
  const over = page.locator(".u-over").nth(index);
  await over.waitFor();
  const box = await over.boundingBox();
  assert.ok(box);
  return box;
}

/** Waits until the page has taken a window into its address. @param {import("playwright-core").Page} page */
async function zoomed(page, before = "") {
  await until(async () => asked(page).has("from") && asked(page).get("from") !== before, "another window");
  let seen = "";
  await until(async () => {
    const rested = seen === page.url();
    seen = page.url();
    if (!rested) await page.waitForTimeout(500);
    return rested;
  }, "a window at rest");
  return [Number(asked(page).get("from")), Number(asked(page).get("until"))];
}

test("the overview has a section for each first node, with cards of newest values", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.fan").waitFor();
    assert.deepEqual(await texts(page, ".section h2"), ["·", "<img/src=x/onerror=alert(1)>", "oak", "palm"]);
    const text = await card(page, "palm.disk.read_bytes").textContent();
    assert.match(text ?? "", /^disk\.read_bytes1\.36 MB\+359 kB\d s ago/);
    await until(async () => /M.+L/.test((await card(page, "palm.cpu").locator(".line").getAttribute("d")) ?? ""), "a sparkline");
  });
});

test("a silent series fades and says so", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "oak.gone").waitFor();
    await until(async () => /silent/.test((await card(page, "oak.gone").getAttribute("class")) ?? ""), "silent");
    assert.doesNotMatch((await card(page, "oak.cpu").getAttribute("class")) ?? "", /silent/);
  });
});

test("the overview turns round to a section for each metric", async () => {
  await look(server.url, {}, async (page) => {
    await page.click("#turn");
    await page.locator(".section h2", { hasText: "*.cpu" }).waitFor();
    const section = page.locator(".section", { has: page.locator("h2", { hasText: "*.cpu" }) });
    await section.locator(".card").nth(1).waitFor();
    assert.deepEqual(await section.locator("h3").allTextContents(), ["oak", "palm"]);
    assert.equal(asked(page).get("by"), "metric");
    await page.goBack();
    await page.locator(".section h2", { hasText: "oak" }).first().waitFor();
  });
});

test("a click on a card makes a chart, and Back removes it", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.cpu").click();
    await area(page);
    assert.equal(asked(page).get("chart"), "=palm.cpu");
    await until(async () => /^palm\.cpu59 %$/.test((await texts(page, ".legend li:last-child"))[0]), "the newest value in the legend");
    await page.goBack();
    await until(async () => (await page.locator(".chart").count()) === 0, "no chart");
  });
});

test("the finder goes down the tree, filters, and ticks series", async () => {
  await look(server.url, {}, async (page) => {
    await page.keyboard.press("/");
    await page.locator(".choice", { hasText: "palm." }).waitFor();
    await page.locator(".choice", { hasText: "palm." }).click();
    await page.locator(".choice", { hasText: "palm.disk.…" }).waitFor();
    await page.fill("#search", "isk.re");
    await page.locator(".choice", { hasText: "palm.disk.read_bytes" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await area(page);
    await page.locator(".choice.chosen").waitFor();
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator(".chart").count()) === 0, "the tick is taken away");
  });
});

test("a glob in the search line makes one chart of all that match", async () => {
  await look(server.url, {}, async (page) => {
    await page.fill("#search", "*.cpu");
    await page.locator(".choice", { hasText: "chart all: 2 series" }).waitFor();
    await page.keyboard.press("Enter");
    await area(page);
    assert.equal(asked(page).get("chart"), "~*.cpu");
    await until(async () => (await page.locator(".legend a").count()) === 2, "two lines");
  });
});

test("a pattern that matches nothing, and one that matches too much, are said", async () => {
  await server.put(...Array.from({ length: 25 }, (_, index) => /** @type {[string, number, number]} */ ([`many.n${index}`, index, now()])));
  await look(charts("~nothing.*", "~many.*"), {}, async (page) => {
    await page.getByText("No series matches.").waitFor();
    await page.getByText("The first 20 of more series. A narrower pattern shows others.").waitFor();
    assert.equal(await page.locator(".chart").nth(1).locator(".legend a").count(), 20);
  });
});

test("dropping a chart on another joins them, and a button does", async () => {
  await look(charts("=palm.cpu", "=oak.cpu", "=palm.fan"), {}, async (page) => {
    await area(page, 2);
    await page.locator(".chart header").nth(1).dragTo(page.locator(".chart").nth(0));
    await until(async () => asked(page).getAll("chart").join() === "=palm.cpu =oak.cpu,=palm.fan", "joined by hand");
    await page.locator(".chart").nth(1).getByLabel("join with the chart before it").click();
    assert.deepEqual(asked(page).getAll("chart"), ["=palm.cpu =oak.cpu =palm.fan"]);
    await page.getByLabel("remove palm.fan from this chart").click();
    assert.deepEqual(asked(page).getAll("chart"), ["=palm.cpu =oak.cpu"]);
  });
});

test("dropping a card on a chart adds its series", async () => {
  await look(charts("=palm.cpu"), { height: 2400 }, async (page) => {
    await area(page);
    await card(page, "oak.cpu").dragTo(page.locator(".chart").first());
    await until(async () => asked(page).get("chart") === "=palm.cpu =oak.cpu", "added");
  });
});

test("charts are moved, made tall and closed", async () => {
  await look(charts("=palm.cpu", "=oak.cpu"), {}, async (page) => {
    const low = (await area(page)).height;
    await page.getByLabel("move to the back").first().click();
    assert.deepEqual(asked(page).getAll("chart"), ["=oak.cpu", "=palm.cpu"]);
    await page.getByLabel("tall").first().click();
    await until(async () => (await area(page)).height > low * 1.5, "tall");
    await page.getByLabel("close").last().click();
    assert.deepEqual(asked(page).getAll("chart"), ["=oak.cpu !tall"]);
  });
});

test("charts are up to three a row, one on a phone", async () => {
  for (const [width, row] of [[375, 1], [1000, 2], [1280, 3], [2560, 3]])
    await look(charts("=palm.cpu", "=oak.cpu", "=palm.fan", "=lone"), { width }, async (page) => {
      await area(page, row - 1);
      const tops = await page.locator(".chart").evaluateAll((all) => all.map((chart) => chart.getBoundingClientRect().top));
      assert.equal(tops.filter((top) => top === tops[0]).length, row);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is cut at the side");
    });
});

test("dragging zooms all charts, Back undoes it", async () => {
  await look(charts("=palm.cpu", "=oak.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.waitForTimeout(300);
    const middle = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.25, middle);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, middle, { steps: 5 });
    await page.mouse.up();
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 900) < 60, `${until0 - from}`);
    assert.equal(await page.getAttribute("#live", "aria-pressed"), "false");
    await page.goBack();
    await until(async () => (await page.getAttribute("#live", "aria-pressed")) === "true", "live again");
  });
});

test("the wheel zooms with Ctrl around the pointer, and pans with Shift", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.mouse.move(box.x + box.width - 20, box.y + 50);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    const [from, until0] = await zoomed(page);
    assert.ok(until0 - from < 2500 && Math.abs(until0 - now()) < 60);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, -200);
    await page.keyboard.up("Shift");
    const [shifted, end0] = await zoomed(page, String(from));
    assert.ok(shifted < from && Math.abs(end0 - shifted - (until0 - from)) <= 2);
  });
});

test("Shift and dragging pan", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    const box = await area(page);
    await page.keyboard.down("Shift");
    await page.mouse.move(box.x + 100, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 100 + box.width / 2, box.y + 50, { steps: 5 });
    await page.mouse.up();
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 3600) < 3 && Math.abs(now() - 1800 - until0) < 60, `${from} ${until0}`);
  });
});

test("one finger pans, two zoom, and a tap shows values", async () => {
  await look(charts("=palm.cpu"), { width: 375, touch: true }, async (page) => {
    const box = await area(page);
    const touch = await page.context().newCDPSession(page);
    const y = box.y + 60;
    /** @param {"touchStart" | "touchMove" | "touchEnd"} type @param {...number} places */
    const send = (type, ...places) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: places.map((x, id) => ({ x: box.x + x, y, id })) });
    await page.touchscreen.tap(box.x + 100, y);
    await until(async () => /^\d{4}-/.test((await texts(page, ".legend li"))[0]), "the time of the tap");
    await send("touchStart", 100, 200);
    await send("touchMove", 75, 225);
    await send("touchMove", 50, 250);
    await send("touchEnd");
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 1800) < 200, `${until0 - from}`);
    await send("touchStart", 100);
    await send("touchMove", 150);
    await send("touchMove", 200);
    await send("touchEnd");
    const [panned, end0] = await zoomed(page, String(from));
    assert.ok(panned < from && Math.abs(end0 - panned - (until0 - from)) < 3);
  });
});

test("keys zoom, shift, and go live", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    await area(page);
    await page.keyboard.press("z");
    const [from, until0] = await zoomed(page);
    assert.ok(Math.abs(until0 - from - 7200) < 3);
    await page.keyboard.press("[");
    const [earlier] = await zoomed(page, String(from));
    assert.ok(Math.abs(from - earlier - 3600) < 3);
    await page.keyboard.press("]");
    const [later] = await zoomed(page, String(earlier));
    assert.ok(Math.abs(later - from) < 3);
    await page.keyboard.press("l");
    await until(async () => (await page.getAttribute("#live", "aria-pressed")) === "true", "live");
    await page.keyboard.press("?");
    await page.locator("#keys[open]").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#keys[open]").count(), 0);
  });
});

test("arrows walk from card to card, and Enter charts", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.cpu").locator(".pick").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await until(async () => asked(page).get("chart") === "=palm.disk.read_bytes", "the next card is charted");
  });
});

test("the cursor is at the same time in all charts, with all digits in the legends", async () => {
  await look(charts("=palm.disk.read_bytes", "=oak.cpu"), {}, async (page) => {
    const box = await area(page, 1);
    await page.waitForTimeout(300);
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await until(async () => (await texts(page, ".legend li:first-child")).every((text) => /^\d{4}-\d\d-\d\d /.test(text)), "times in both legends");
    const [one, two] = await texts(page, ".legend li:first-child");
    assert.ok(Math.abs(Date.parse(one) - Date.parse(two)) <= 10000, `${one} ${two}`);
    const [bytes] = await texts(page, ".legend b");
    assert.match(bytes, /^1\d{6}$/);
  });
});

test("flags make an axis logarithmic, and a counter a rate that survives its reset", async () => {
  await look(charts("=palm.requests_total"), {}, async (page) => {
    await area(page);
    await page.getByLabel("increase per second").click();
    assert.equal(asked(page).get("chart"), "=palm.requests_total !rate");
    await until(async () => /5\/s$/.test((await texts(page, ".legend li:last-child"))[0] ?? ""), "five a second");
    const box = await area(page);
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await until(async () => /^\d+(\.\d+)?\/s$/.test((await texts(page, ".legend b"))[0]), "a rate under the cursor");
    await page.getByLabel("increase per second").click();
    await page.getByLabel("logarithmic axis").click();
    await page.getByText("A logarithmic axis has no place for 0 and below.").waitFor();
  });
});

test("one series has its statistics, samples, and ways to get them", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.fan").locator("a").click();
    await area(page);
    assert.equal(asked(page).get("key"), "palm.fan");
    await until(async () => (await page.locator("#statistics dd").count()) === 6, "statistics");
    const statistics = await texts(page, "#statistics dd");
    assert.deepEqual(statistics.slice(0, 2), ["740", "760"]);
    assert.match(statistics[4], /^3\d\d$/);
    assert.equal(await page.locator("#samples tbody tr").count(), 100);
    await page.getByRole("button", { name: "1000 samples" }).click();
    await until(async () => (await page.locator("#samples tbody tr").count()) > 300, "all samples");
    const [cli, curl] = await texts(page, "#ways code");
    assert.equal(cli, `metric get palm.fan --since 1h --server ${server.host}`);
    assert.match(curl, /^curl 'http:\/\/127\.0\.0\.1:\d+\/v1\/range\?key=palm\.fan&from=\d+&until=\d+&format=csv'$/);
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "CSV" }).click();
    assert.equal((await downloading).suggestedFilename(), "palm.fan.csv");
    await page.keyboard.press("Escape");
    await card(page, "palm.fan").waitFor();
  });
});

test("a removal asks with the number of samples, then removes", async () => {
  await server.put(...series("old.thing", (index) => index, 25));
  await look(server.url + "#key=old.thing", {}, async (page) => {
    await page.getByRole("button", { name: "remove…" }).click();
    await page.getByRole("button", { name: "keep" }).click();
    await page.getByRole("button", { name: "remove…" }).click();
    await page.getByText("All 25 samples of old.thing go for good.").waitFor();
    await page.getByRole("button", { name: "remove 25 samples" }).click();
    await until(async () => asked(page).get("key") === null, "back at the overview");
    await until(async () => !(await texts(page, ".section h2")).includes("old"), "the section is gone");
  });
});

test("new samples arrive by one stream, in cards and charts", async () => {
  const { page, close } = await open(charts("=live.one"));
  let streams = 0;
  page.on("request", (request) => request.url().includes("/v1/live") && streams++);
  await server.put(...series("live.one", (index) => index, 20, 1));
  await until(async () => (await card(page, "live.one").count()) === 1, "a new series appears by itself");
  await server.put(["live.one", 4711, now() + 1]);
  await until(async () => /4\.71 k/.test((await card(page, "live.one").textContent()) ?? ""), "the sample in the card");
  await page.reload();
  await area(page);
  await server.put(["live.one", 4712, now() + 3]);
  await until(async () => /4\.71 k/.test((await texts(page, ".legend b"))[0] ?? ""), "the sample in the legend");
  await close();
});

test("a hidden tab has no stream, and asks for nothing", async () => {
  const { page, close } = await open(charts("=palm.cpu"));
  await area(page);
  const streaming = page.waitForRequest(/v1\/live/);
  await page.reload();
  await streaming;
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(1000);
  let requests = 0;
  page.on("request", () => requests++);
  await page.waitForTimeout(4000);
  assert.equal(requests, 0);
  const again = page.waitForRequest(/v1\/live/);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await again;
  await close();
});

test("without a stream the page polls", async () => {
  const { page, close } = await open("about:blank", { quiet: true, height: 2400 });
  await page.route(/v1\/live/, (route) => route.fulfill({ status: 503, body: "{}" }));
  await server.put(["polled.one", 1, now() - 5]);
  await page.goto(server.url);
  await card(page, "polled.one").waitFor();
  await server.put(["polled.one", 4713, now()]);
  await until(async () => /4\.71 k/.test((await card(page, "polled.one").textContent()) ?? ""), "the sample in the card");
  await close();
});

test("ranges are relative or absolute, and all ends at the samples", async () => {
  await look(charts("=palm.cpu"), {}, async (page) => {
    await area(page);
    await page.getByRole("button", { name: "6h" }).click();
    assert.equal(asked(page).get("range"), "6h");
    await page.getByRole("button", { name: "all", exact: true }).click();
    await until(async () => (await page.getAttribute("#live", "aria-pressed")) === "true", "live");
    await page.click("#window");
    await page.fill("#from", "2026-01-01T00:00:00");
    await page.fill("#until", "2025-01-01T00:00:00");
    await page.getByRole("button", { name: "show" }).click();
    await page.getByText("The start is not before the end.").waitFor();
    await page.fill("#until", "2026-01-02T00:00:00");
    await page.getByRole("button", { name: "show" }).click();
    const [from, until0] = await zoomed(page);
    assert.deepEqual([from, until0], [Date.UTC(2025, 11, 31, 23) / 1000, Date.UTC(2026, 0, 1, 23) / 1000]);
    assert.equal(await page.textContent("#window"), "2026-01-01 00:00 – 2026-01-02 00:00");
    await page.getByText("No samples in this range.").waitFor();
  });
});

test("times are in the viewer's zone, and in UTC by a click", async () => {
  await look(server.url + "#from=1767222000&until=1767225600", { zone: "Asia/Kathmandu" }, async (page) => {
    await until(async () => (await page.textContent("#window")) === "2026-01-01 04:45 – 05:45", "Kathmandu");
    assert.match((await page.textContent("#zone")) ?? "", /^Asia\/Kat[h]?mandu$/);
    await page.click("#zone");
    assert.equal(await page.textContent("#window"), "2025-12-31 23:00 – 2026-01-01 00:00");
    assert.equal(asked(page).get("zone"), "utc");
  });
});

test("the theme is the system's until the viewer chooses", async () => {
  await look(charts("=palm.cpu"), { dark: true }, async (page) => {
    await area(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await ground(), "rgb(21, 23, 26)");
    await page.click("#theme");
    assert.equal(await ground(), "rgb(239, 241, 243)");
    await page.reload();
    await area(page);
    assert.equal(await ground(), "rgb(239, 241, 243)");
  });
});

test("the address is the view", async () => {
  const { page, close } = await open(server.url);
  await card(page, "palm.cpu").click();
  await area(page);
  await page.getByLabel("logarithmic axis").click();
  await page.getByRole("button", { name: "6h" }).click();
  const url = page.url();
  await close();
  await look(url, {}, async (other) => {
    await area(other);
    assert.equal(await other.getByLabel("logarithmic axis").getAttribute("aria-pressed"), "true");
    assert.equal(await other.getByRole("button", { name: "6h" }).getAttribute("aria-pressed"), "true");
  });
});

test("a key that looks like HTML is text", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, HOSTILE).click();
    await area(page);
    await card(page, HOSTILE).locator("a").click();
    await page.locator("#series h2").waitFor();
    assert.equal(await page.locator("#series h2").textContent(), HOSTILE);
    assert.equal(await page.locator("img").count(), 0);
  });
});

test("a refused query says why and what to do", async () => {
  const { page, close } = await open("about:blank", { quiet: true });
  await page.route(/v1\/range/, (route) => route.fulfill({ status: 422, contentType: "application/json", body: '{"error": "more than 10,000 series", "where": "match", "advice": "narrow the pattern"}' }));
  await page.goto(charts("=palm.cpu"));
  await page.locator(".chart .complaint", { hasText: "more than 10,000 series: narrow the pattern" }).waitFor();
  await page.locator("#refusal", { hasText: "narrow the pattern" }).waitFor();
  await close();
});

test("print has charts and cards on white, and no buttons", async () => {
  await look(charts("=palm.cpu"), { dark: true }, async (page) => {
    await area(page);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#search").isVisible(), false);
    assert.equal(await page.locator(".chart .tool").first().isVisible(), false);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(28, 32, 36)");
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  });
});

test("those who do not see a chart get a table", async () => {
  await look(charts("~*.cpu"), {}, async (page) => {
    await area(page);
    await until(async () => (await page.locator(".chart table tbody tr").count()) === 2, "a row for each series");
    assert.match((await texts(page, ".chart tbody tr"))[0], /^oak\.cpu141014\d/);
    assert.match((await page.locator(".plot").getAttribute("aria-label")) ?? "", /^Chart of oak\.cpu, palm\.cpu, /);
  });
});
