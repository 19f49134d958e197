// Charts: made, joined, moved, and what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, card, charts, server } from "./fixture.js";
import { asked, look, now, series, texts, until } from "./harness.js";

test("a click on a card makes a chart, and Back removes it", async () => {
  await look(server.url, {}, async (page) => {
    await card(page, "palm.cpu").click();
    await area(page);
    assert.equal(asked(page).get("chart"), "=palm.cpu");
    await until(
      async () => /^palm\.cpu59 %$/.test((await texts(page, ".legend li:last-child"))[0]),
      "the newest value in the legend",
    );
    await page.goBack();
    await until(async () => (await page.locator(".chart").count()) === 0, "no chart");
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
  await server.put(
    ...Array.from(
      { length: 25 },
      (_, index) => /** @type {[string, number, number]} */ ([`many.n${index}`, index, now()]),
    ),
  );
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
    await until(
      async () => asked(page).getAll("chart").join() === "=palm.cpu =oak.cpu,=palm.fan",
      "joined by hand",
    );
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

test("of two charts that are equal, each stays as it is", async () => {
  await look(charts("=palm.cpu", "=palm.cpu"), {}, async (page) => {
    await area(page, 1);
    const before = await page.locator(".chart").elementHandles();
    await page.locator(".chart").nth(1).getByLabel("tall").click();
    await until(async () => (await page.locator(".chart.tall").count()) === 1, "the other is tall");
    await page.goBack();
    await until(async () => (await page.locator(".chart.tall").count()) === 0, "equal again");
    assert.ok(await before[0].evaluate((chart) => chart.isConnected));
  });
});

test("charts are up to three a row, one on a phone", async () => {
  for (const [width, row] of [
    [375, 1],
    [1000, 2],
    [1280, 3],
    [2560, 3],
  ])
    await look(charts("=palm.cpu", "=oak.cpu", "=palm.fan", "=lone"), { width }, async (page) => {
      await area(page, row - 1);
      const tops = await page
        .locator(".chart")
        .evaluateAll((all) => all.map((chart) => chart.getBoundingClientRect().top));
      assert.equal(tops.filter((top) => top === tops[0]).length, row);
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        "nothing is cut at the side",
      );
    });
});

test("flags make an axis logarithmic, and a counter a rate that survives its reset", async () => {
  await look(charts("=palm.requests_total"), {}, async (page) => {
    await area(page);
    await page.getByLabel("increase per second").click();
    assert.equal(asked(page).get("chart"), "=palm.requests_total !rate");
    await until(
      async () => /5\/s$/.test((await texts(page, ".legend li:last-child"))[0] ?? ""),
      "five a second",
    );
    const box = await area(page);
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await until(
      async () => /^\d+(\.\d+)?\/s$/.test((await texts(page, ".legend b"))[0]),
      "a rate under the cursor",
    );
    await page.getByLabel("increase per second").click();
    await page.getByLabel("logarithmic axis").click();
    await page.getByText("A logarithmic axis has no place for 0 and below.").waitFor();
  });
});

test("those who do not see a chart get a table", async () => {
  await look(charts("~*.cpu"), {}, async (page) => {
    await area(page);
    await until(
      async () => (await page.locator(".chart table tbody tr").count()) === 2,
      "a row for each series",
    );
    assert.match((await texts(page, ".chart tbody tr"))[0], /^oak\.cpu141014\d/);
    assert.match(
      (await page.locator(".plot").getAttribute("aria-label")) ?? "",
      /^Chart of oak\.cpu, palm\.cpu, /,
    );
  });
});

test("a chart finds the series that come while it is open", async () => {
  const legend = (/** @type {import("playwright-core").Page} */ page) =>
    texts(page, ".legend a").then((keys) => keys.join(" "));
  await look(charts("=born.one", "~born.n*"), {}, async (page) => {
    await until(
      async () => (await page.getByText("No series matches.").count()) === 2,
      "no series",
    );
    await server.put(["born.one", 1, now()], ["born.n1", 2, now()]);
    await until(async () => (await legend(page)) === "born.one born.n1", "its first series");
    await server.put(["born.n0", 3, now()]);
    await until(async () => (await legend(page)) === "born.one born.n0 born.n1", "a further one");
    await until(
      async () => (await texts(page, ".legend b")).join(" ") === "1 3 2",
      "their newest values",
    );
    assert.equal(await page.getByText("No series matches.").count(), 0);
  });
});

test("the table in place of a chart follows its samples and its window", async () => {
  await server.put(...series("told.one", () => 0, 20, 1));
  await look(charts("=told.one"), {}, async (page) => {
    const row = page.locator(".chart tbody tr");
    await until(async () => (await row.allTextContents()).join() === "told.one0000", "its row");
    const caption = await page.locator(".chart caption").textContent();
    const name = await row.locator("th").elementHandle();
    await server.put(["told.one", 160, now() + 1]);
    await until(
      async () => /^told\.one1600160[\d.]+$/.test((await row.textContent()) ?? ""),
      "its newest and highest value",
    );
    await until(
      async () => (await page.locator(".chart caption").textContent()) !== caption,
      "the window of now",
    );
    // Who reads the table does not lose the place.
    assert.ok(await name?.evaluate((cell) => cell.isConnected));
  });
});
