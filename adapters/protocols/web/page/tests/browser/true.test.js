// What the page says of the server and of samples is so.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { end, look, now, open, serve, series, texts, until } from "./harness.js";

after(end);

/** Uses the page of a server of its own. @param {string[]} options
 * @param {[string, number, number][]} samples @param {string} hash
 * @param {(page: import("playwright-core").Page) => Promise<void>} use */
async function seen(options, samples, hash, use) {
  const server = await serve(options);
  await server.put(...samples);
  await look(server.url + hash, {}, use);
  await server.stop();
}

/** The marks of a window, by the page's address. @param {import("playwright-core").Page} page */
const shown = async (page) => (await page.textContent("#window")) ?? "";

test("a sample of the future is not said to be of now", async () => {
  await seen([], [["next.month", 1, now() + 30 * 86400 + 60]], "", async (page) => {
    await page.locator(".card .age", { hasText: "in 30 d" }).waitFor();
    await page.locator(".section .note", { hasText: "1 series, in 30 d" }).waitFor();
  });
});

test("samples in seconds on a server in milliseconds are noticed", async () => {
  await seen(["--time-unit", "ms"], [["palm.cpu", 1, now()]], "", async (page) => {
    const told = "The timestamps of palm.cpu seem to count s, and this server's count ms.";
    await page.locator("#connection", { hasText: told }).waitFor();
  });
});

test("a server that takes no samples is said, and when it takes them again", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 1, now()]);
  const { page, close } = await open("about:blank");
  let trouble = /** @type {string | null} */ ("its disk is full");
  await page.route(/v1\/info/, async (route) => {
    const told = await (await route.fetch()).json();
    await route.fulfill({ json: { ...told, trouble } });
  });
  await page.goto(server.url);
  await page.getByText("The server takes no samples: its disk is full.").waitFor();
  trouble = null;
  await until(async () => (await page.textContent("#connection")) === "", "no banner");
  await close();
  await server.stop();
});

test("the rate of a counter is one number, and a fall is said to be a reset", async () => {
  const counter = series("site.hits", (index) => (index % 10) * 100, 20, 1);
  const hash = `#key=site.hits&form=rate&from=${counter[0][2]}&until=${counter[19][2]}`;
  await seen([], counter, hash, async (page) => {
    await page.getByText("a counter is taken to have begun again at 0").waitFor();
    await until(async () => (await texts(page, "#statistics dd"))[5] === "94.7368/s", "the rate");
    assert.equal((await texts(page, "#statistics dt"))[5], "rate");
    await page.getByLabel("increase per second").click();
    await until(async () => (await texts(page, "#statistics dt"))[5] === "change", "no rate");
    assert.equal((await texts(page, "#statistics dd"))[5], "900");
    assert.equal(await page.getByText("begun again").count(), 0);
  });
});

test("all of what is shown is not all of the server", async () => {
  const samples = series("new.x", (index) => index, 60, 60);
  samples.push(["old.x", 1, 1150864247], ["old.x", 2, 1150864847]);
  await seen([], samples, "#range=all&zone=utc&chart=%3Dnew.x", async (page) => {
    await page.locator(".u-over").waitFor();
    await until(async () => !/2006/.test(await shown(page)), "the chart's own range");
    await page.locator(".card a[title='old.x']").click();
    await until(async () => (await shown(page)) === "2006-06-21 04:30:47 – 04:40:47", "its range");
  });
});

test("a series that was removed and put again is what it is now", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 1, now()], ["palm.bad", 2, now() * 1000], ["palm.fan", 3, now()]);
  await look(server.url + "#range=all", {}, async (page) => {
    await page.getByText("The timestamps of palm.bad seem to count ms").waitFor();
    for (const key of ["palm.cpu", "palm.bad"])
      await fetch(`${server.url}v1/series?key=${key}`, { method: "DELETE" });
    await until(async () => (await page.textContent("#connection")) === "", "no doubt");
    await page.waitForTimeout(1500);
    await server.put(["palm.cpu", 4, now() - 7200]);
    const card = page.locator(".card", { has: page.getByTitle("palm.cpu") });
    await until(
      async () => /^cpu4 %.*2 h ago/.test((await card.textContent()) ?? ""),
      "its sample",
    );
    await until(async () => !/\d{5}-/.test(await shown(page)), "the range of what there is");
  });
  await server.stop();
});

test("a series that begins anew between two looks is what it is now", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 1, now()]);
  const { page, close } = await open("about:blank");
  // The number of series stays the same for the page.
  await page.route(/v1\/info/, async (route) => {
    const told = await (await route.fetch()).json();
    await route.fulfill({ json: { ...told, series: 1 } });
  });
  await page.goto(server.url);
  const card = page.locator(".card");
  await until(async () => /^cpu1 %/.test((await card.textContent()) ?? ""), "its first sample");
  await page.waitForTimeout(1500);
  await fetch(`${server.url}v1/series?key=palm.cpu`, { method: "DELETE" });
  await page.waitForTimeout(1500);
  await server.put(["palm.cpu", 4, now() - 7200]);
  await until(async () => /^cpu4 %.*2 h ago/.test((await card.textContent()) ?? ""), "its sample");
  await close();
  await server.stop();
});

test("the change over a range of the past ends with the range", async () => {
  const samples = series("hits.x", (index) => index, 100);
  const hash = `#from=${samples[10][2]}&until=${samples[30][2]}`;
  await seen([], samples, hash, async (page) => {
    const told = page.locator(".card .now");
    await until(async () => (await told.textContent()) === "99+20", "the change from 10 to 30");
  });
});

test("a logarithmic axis complains of what is in view only", async () => {
  const samples = series("hits.x", (index) => (index < 50 ? 0 : 289 + index), 100);
  const hash = `#chart=%3Dhits.x+!log&from=${samples[52][2]}&until=${samples[99][2]}`;
  await seen([], samples, hash, async (page) => {
    await page.locator(".legend b", { hasText: "388" }).waitFor();
    await page.waitForTimeout(300);
    assert.equal(await page.getByText("A logarithmic axis has no place").count(), 0);
  });
});

test("all series of a section are charted with an axis for each unit", async () => {
  const keys = ["cpu", "usage", "network_usage", "sent_bytes"];
  const samples = keys.flatMap((key) => series(`palm.${key}`, (index) => index, 20));
  await seen([], samples, "", async (page) => {
    await page.getByRole("button", { name: "chart all of palm" }).click();
    await page.locator(".u-over").nth(2).waitFor();
    const headings = ["palm.**, %", "palm.**, without a unit", "palm.**, B"];
    assert.deepEqual(await texts(page, ".chart h2"), headings);
    await until(async () => (await page.locator(".legend a").count()) === 4, "each once");
    assert.deepEqual((await texts(page, ".chart:first-child .legend a")).sort(), [
      "palm.cpu",
      "palm.usage",
    ]);
    await page.getByRole("button", { name: "chart all of palm" }).click();
    await until(async () => (await page.locator(".chart").count()) === 0, "no chart");
  });
});

test("a series that is not there cannot be removed", async () => {
  await seen(["--allow-delete"], [["palm.cpu", 1, now()]], "#key=none", async (page) => {
    await page.getByText("No samples in this range.").first().waitFor();
    assert.ok(await page.locator("#remove").isHidden());
  });
});

test("keys with empty nodes have names, and one sample has no change", async () => {
  await seen(
    [],
    [
      ["trail.", 1, now()],
      [".lead", 2, now()],
    ],
    "",
    async (page) => {
      await page.locator(".card").nth(1).waitFor();
      assert.deepEqual((await texts(page, ".card h3")).sort(), ["lead", "trail."]);
      assert.deepEqual((await texts(page, ".section h2")).sort(), ["(no name)", "trail"]);
      await page.waitForTimeout(500);
      assert.deepEqual(await texts(page, ".card .change"), ["", ""]);
    },
  );
});

test("a series with a long key fits a phone", async () => {
  const server = await serve([]);
  const key = "a.rack.in.a.room.with.many.labels.and.still.more.words.behind.them.celsius";
  await server.put([key, 1, now()]);
  await look(`${server.url}#key=${key}`, { width: 375 }, async (page) => {
    await page.locator("#samples td").first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
  });
  await server.stop();
});

test("changes are written as what they are, and values without digits that they do not have", async () => {
  const values = {
    cpu: [51.5, 25.7],
    huge: [1.7e308, -1.7e308],
    mixed_bytes: [-1.7e308, 1.7e308],
    steps: [0.3, 0.1],
    rounded: [1, 3.4999],
  };
  const samples = Object.entries(values).flatMap(([name, [from, to]]) =>
    [from, to].map(
      (value, index) =>
        /** @type {[string, number, number]} */ ([`p.${name}`, value, now() - 20 + index * 10]),
    ),
  );
  await seen([], samples, "", async (page) => {
    /** What a card says. @param {string} name */
    const said = (name) =>
      page.locator(".card", { has: page.getByTitle(`p.${name}`) }).locator("p");
    for (const [name, text] of [
      ["cpu", "25.7 %−25.8 pp"],
      ["huge", "-1.7e308−3.40e308"],
      ["mixed_bytes", "1.7e308 B+3.40e308 B"],
      ["steps", "0.1−0.2"],
      ["rounded", "3.50+2.50"],
    ])
      await until(async () => (await said(name).textContent()) === text, `${name}: ${text}`);
    await page.getByTitle("p.huge").click();
    await until(async () => (await texts(page, "#statistics dd"))[5] === "−3.40e308", "a change");
  });
});

test("the difference of huge values draws no error", async () => {
  const samples = series("p.huge", (index) => (index % 2 ? 1.7e308 : -1.7e308), 200, 1);
  await seen([], samples, "#chart=%3Dp.huge&chart=%3Dp.huge+!rate", async (page) => {
    await page.locator(".u-over").nth(1).waitFor();
    await page.waitForTimeout(1000);
    assert.doesNotMatch((await texts(page, "main")).join(), /Infinity|NaN/);
  });
});

test("the search finds a text in capitals and in small letters", async () => {
  const keys = ["palm.CPU", "palm.cpu", "Palm.Größe"];
  const samples = keys.map((key) => /** @type {[string, number, number]} */ ([key, 1, now()]));
  await seen([], samples, "", async (page) => {
    /** @type {[string, string[]][]} */
    const cases = [
      ["CPU", ["palm.CPU", "palm.cpu"]],
      ["cpu", ["palm.CPU", "palm.cpu"]],
      ["GRÖ", ["Palm.Größe"]],
      ["PALM", ["Palm.", "palm.", "Palm.Größe", "palm.CPU", "palm.cpu"]],
      ["palm.CP?", ["palm.CP?", "palm.CPU"]],
    ];
    for (const [text, found] of cases) {
      await page.fill("#search", text);
      await until(async () => (await texts(page, ".choice .text")).join() === found.join(), text);
    }
    await page.fill("#search", "x".repeat(400));
    await page.getByText("Nothing contains xxx").waitFor();
  });
});
