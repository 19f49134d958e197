// Servers that are empty, away, large, or count in nanoseconds.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { asked, end, look, now, open, serve, series, texts, until } from "./harness.js";

after(end);

test("an empty server tells how to put the first sample, which then appears by itself", async () => {
  const server = await serve();
  await look(server.url, { width: 375 }, async (page) => {
    await page.getByText("There are no samples yet").waitFor();
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      "nothing is cut at the side",
    );
    const commands = await texts(page, ".first code");
    const port = server.host.split(":")[1];
    assert.ok(commands.includes(`metric put demo.answer 42 --server ${server.host}`));
    assert.ok(
      commands.includes(`printf "put demo.answer 42 $(date +%s)\\n" | nc -q 1 127.0.0.1 ${port}`),
    );
    await server.put(["demo.answer", 42, now()]);
    await page.locator(".card", { hasText: "answer" }).waitFor();
    assert.equal(await page.locator(".first").count(), 0);
  });
  await server.stop();
});

test("a page with a port of its own tells no commands for the native protocol", async () => {
  const server = await serve();
  const { page, close } = await open("about:blank");
  await page.route(/v1\/info/, async (route) => {
    const told = await (await route.fetch()).json();
    await route.fulfill({ json: { ...told, native: false } });
  });
  await page.goto(server.url);
  await page.getByText("There are no samples yet").waitFor();
  const commands = () =>
    texts(page, ".command code").then((all) => all.map((one) => one.split(" ")[0]).join());
  assert.equal(await commands(), "curl");
  await server.put(["demo.answer", 42, now()]);
  await page.locator(".card a").click();
  await until(async () => (await commands()) === "curl", "the ways to get it");
  await close();
  await server.stop();
});

test("a refusal is said until what was refused is had, or is not seen", async () => {
  const server = await serve();
  await server.put(...series("palm.cpu", (index) => index, 10));
  const { page, close } = await open("about:blank", { quiet: true });
  const refuse = (/** @type {RegExp} */ path, /** @type {string} */ error) =>
    page.route(path, (route) => route.fulfill({ status: 503, json: { error } }));
  await refuse(/v1\/range.*points=80/, "no cards");
  await page.goto(server.url);
  await page.locator(".complaint", { hasText: "no cards" }).waitFor();
  await page.locator(".card a").click();
  await page.locator("#statistics dd").first().waitFor();
  assert.equal(await page.locator(".complaint:visible").count(), 0);
  await refuse(/v1\/info/, "no server");
  await page.locator(".complaint", { hasText: "no server" }).waitFor();
  await page.unroute(/v1\/info/);
  await until(async () => (await page.locator(".complaint:visible").count()) === 0, "it is had");
  await close();
  await server.stop();
});

test("a line that cannot be copied is selected", async () => {
  const server = await serve();
  const { page, close } = await open("about:blank");
  // As in a page that came by plain HTTP from another machine.
  await page.addInitScript(() =>
    Object.defineProperty(navigator, "clipboard", { value: undefined }),
  );
  await page.goto(server.url);
  const line = page.locator(".command").first();
  await line.getByRole("button").click();
  await line.getByText("selected").waitFor();
  const selected = await page.evaluate(() => String(getSelection()));
  assert.equal(selected, await line.locator("code").textContent());
  await close();
  await server.stop();
});

test("a server that is away is said, and its return is noticed", async () => {
  const server = await serve();
  await server.put(...series("palm.cpu", () => 5, 10, 1));
  const { page, close } = await open(server.url, { quiet: true });
  await page.locator(".card").waitFor();
  await server.stop();
  await page.getByText(/No connection since \d\d:\d\d:\d\d\. Trying again in \d+ s\./).waitFor();
  // The status is read aloud when it changes, so it does not count.
  const status = page.getByRole("status");
  await status.filter({ hasText: /^No connection since \d\d:\d\d:\d\d\.$/ }).waitFor();
  const other = await serve([], server.host);
  await other.put(["palm.cpu", 6, now()]);
  await until(async () => (await page.textContent("#connection")) === "", "connected again");
  await until(
    async () => /^cpu6 %/.test((await page.locator(".card").textContent()) ?? ""),
    "its new sample",
  );
  await close();
  await other.stop();
});

test("an answer that is cut is a refusal, and is asked for again", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 5, now()]);
  const { page, close } = await open("about:blank", { quiet: true });
  const cut = (/** @type {RegExp} */ path) =>
    page.route(path, (route) => route.fulfill({ body: '{"series": [' }), { times: 1 });
  await cut(/v1\/info/);
  await page.goto(server.url);
  await page.locator(".complaint", { hasText: "the answer is not whole" }).waitFor();
  await page.locator(".card", { hasText: "5 %" }).waitFor();
  await close();
  await server.stop();
});

test("a server without --allow-delete has no button to remove", async () => {
  const server = await serve([]);
  await server.put(["palm.cpu", 1, now()]);
  await look(server.url + "#key=palm.cpu", {}, async (page) => {
    await page.locator("#statistics dd").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "remove…" }).count(), 0);
  });
  await server.stop();
});

test("of many series only those on the screen are asked for", async () => {
  const server = await serve();
  const keys = Array.from(
    { length: 3000 },
    (_, index) => `n${String(index % 300).padStart(3, "0")}.m${Math.floor(index / 300)}`,
  );
  await server.put(
    ...keys.map((key, index) => /** @type {[string, number, number]} */ ([key, index, now()])),
  );
  const { page, close } = await open("about:blank", { width: 600, height: 600 });
  const asking = new Set();
  page.on("request", (request) =>
    new URL(request.url()).searchParams
      .getAll("match")
      .concat(new URL(request.url()).searchParams.getAll("key"))
      .forEach((name) => asking.add(name)),
  );
  await page.goto(server.url);
  await page.locator(".card").nth(9).waitFor();
  await page.waitForTimeout(1000);
  assert.equal(await page.locator(".section").count(), 50);
  assert.equal(await page.locator(".section details[open]").count(), 1);
  assert.ok(asking.size < 40, `${asking.size} series and patterns were asked for`);
  await page.getByRole("button", { name: "50 more sections" }).click();
  await until(async () => (await page.locator(".section").count()) === 100, "the next page");
  await page.locator(".section summary").nth(2).click();
  await page.locator(".section").nth(2).locator(".card").nth(9).waitFor();
  await close();
  await server.stop();
});

/** Starts a server with a section of many series. */
async function serveMany(count = 150) {
  const server = await serve();
  await server.put(
    ...Array.from(
      { length: count },
      (_, index) =>
        /** @type {[string, number, number]} */ ([
          `big.m${String(index).padStart(3, "0")}`,
          index,
          now(),
        ]),
    ),
  );
  return server;
}

test("a chart that is closed while it asks does not come back to life", async () => {
  const server = await serve();
  await server.put(
    ...Array.from(
      { length: 30 },
      (_, index) => /** @type {[string, number, number]} */ ([`n${index + 10}.m`, index, now()]),
    ),
  );
  const { page, close } = await open("about:blank");
  let [isAsked, release] = [false, () => {}];
  const released = new Promise((resolve) => (release = () => resolve(null)));
  await page.route(/v1\/keys\?key=n39/, async (route) => {
    const response = await route.fetch();
    isAsked = true;
    await released;
    await route.fulfill({ response });
  });
  // So many sections are closed, so no card listens to the series.
  await page.goto(server.url + "#chart=%3Dn39.m");
  await until(async () => isAsked, "the question for the chart's series");
  let isHeard = false;
  page.on("request", (request) => (isHeard ||= /v1\/live.*n39/.test(request.url())));
  await page.getByLabel("close").click();
  release();
  await page.waitForTimeout(1000);
  assert.ok(!isHeard, "nobody listens to its series");
  await close();
  await server.stop();
});

test("series without a dot have one section, which finds the new ones", async () => {
  const server = await serve();
  const keys = Array.from({ length: 60 }, (_, index) => `n${index + 10}.m`);
  const sample = (/** @type {string} */ key) =>
    /** @type {[string, number, number]} */ ([key, 1, now()]);
  await server.put(...["first", ...keys, "n10", "zero"].map(sample));
  await look(server.url, {}, async (page) => {
    const section = page.locator(".section", { has: page.locator("h2", { hasText: "·" }) });
    const listed = (/** @type {string} */ titles) =>
      until(
        async () => (await section.locator("h3").allTextContents()).join(" ") === titles,
        titles,
      );
    await listed("first n10 zero");
    await server.put(sample("second"));
    await listed("first n10 second zero");
    await page.getByRole("button", { name: "50 more sections" }).click();
    await until(async () => (await page.locator(".section").count()) === 61, "all sections");
    await server.put(sample("third"));
    await listed("first n10 second third zero");
    assert.equal(await section.count(), 1);
  });
  await server.stop();
});

test("a section of many series is paged", async () => {
  const server = await serveMany();
  await look(server.url, {}, async (page) => {
    await page.getByText("more than 60 series").waitFor();
    const more = page.getByRole("button", { name: "60 more" });
    for (const count of [120, 150]) {
      // A click may miss a button that moves since cards above it grow.
      await until(async () => {
        if (await more.isVisible()) await more.click();
        return (await page.locator(".card").count()) >= count;
      }, `${count} cards`);
    }
    await page.getByText(/^150 series/).waitFor();
  });
  await server.stop();
});

test("a section that becomes one of many series has a button for more", async () => {
  const server = await serveMany(60);
  await look(server.url, {}, async (page) => {
    await page.getByText(/^60 series/).waitFor();
    await server.put(["big.z", 1, now()]);
    await page.getByText("more than 60 series").waitFor();
    const more = page.getByRole("button", { name: "60 more" });
    await until(async () => {
      if (await more.isVisible()) await more.click();
      return (await page.locator(".card").count()) === 61;
    }, "61 cards");
  });
  await server.stop();
});

test("the first series of a section that are refused can be asked for again", async () => {
  const server = await serveMany(3);
  const { page, close } = await open("about:blank", { quiet: true });
  await page.route(
    /v1\/keys/,
    (route) => route.fulfill({ status: 503, json: { error: "not now" } }),
    { times: 1 },
  );
  await page.goto(server.url);
  await page.locator(".section .complaint", { hasText: "not now" }).waitFor();
  await page.getByRole("button", { name: "60 more" }).click();
  await page.locator(".card").nth(2).waitFor();
  assert.equal(await page.locator(".section .complaint").count(), 0);
  await close();
  await server.stop();
});

test("a page of series that could not be had can be asked for again", async () => {
  const server = await serveMany();
  await look(server.url, { quiet: true }, async (page) => {
    await page.getByText("more than 60 series").waitFor();
    await page.route(/v1\/keys.*after=/, (route) => route.abort(), { times: 1 });
    const more = page.getByRole("button", { name: "60 more" });
    const failing = page.waitForEvent("requestfailed");
    await more.click();
    await failing;
    await more.waitFor();
    await until(async () => {
      if (await more.isVisible()) await more.click();
      return (await page.locator(".card").count()) >= 120;
    }, "120 cards");
  });
  await server.stop();
});

test("a section that is looked at anew keeps the pages that came meanwhile", async () => {
  const server = await serveMany();
  await look(server.url, {}, async (page) => {
    await page.getByText("more than 60 series").waitFor();
    let release = () => {};
    const released = new Promise((resolve) => (release = () => resolve(null)));
    let isHeld = false;
    await page.route(/v1\/keys(?!.*after=)/, async (route) => {
      const response = await route.fetch();
      isHeld = true;
      await released;
      await route.fulfill({ response });
    });
    await server.put(["big.a", 1, now()]);
    await until(async () => isHeld, "the question for the first page");
    const more = page.getByRole("button", { name: "60 more" });
    await until(async () => {
      if (await more.isVisible()) await more.click();
      return (await page.locator(".card").count()) >= 120;
    }, "120 cards");
    const cards = await page.locator(".card").count();
    const renewed = page.waitForResponse(/v1\/keys(?!.*after=)/);
    release();
    await (await renewed).finished();
    await page.waitForTimeout(200);
    assert.ok((await page.locator(".card").count()) >= cards);
  });
  await server.stop();
});

test("a page of sections that is refused says why, and can be asked for again", async () => {
  const server = await serve();
  await server.put(
    ...Array.from(
      { length: 60 },
      (_, index) => /** @type {[string, number, number]} */ ([`n${index + 10}.m`, index, now()]),
    ),
  );
  await look(server.url, { quiet: true }, async (page) => {
    const more = page.getByRole("button", { name: "50 more sections" });
    await more.waitFor();
    await page.route(/v1\/nodes.*after=/, (route) => route.abort(), { times: 1 });
    const failing = page.waitForEvent("requestfailed");
    await more.click();
    await failing;
    await more.waitFor();
    await page.route(
      /v1\/nodes.*after=/,
      (route) => route.fulfill({ status: 503, json: { error: "not now", advice: "wait" } }),
      { times: 1 },
    );
    await more.click();
    await page.locator("#overview .complaint", { hasText: "not now: wait" }).waitFor();
    await more.click();
    await until(async () => (await page.locator(".section").count()) === 60, "all sections");
    assert.equal(await page.locator(".complaint").count(), 0);
    assert.equal(await more.count(), 0);
    await server.put(["n10.new", 1, now()]);
    await page.locator(".card", { hasText: "new" }).waitFor();
    assert.equal(
      await page.locator(".section").count(),
      60,
      "none is lost when they are listed anew",
    );
  });
  await server.stop();
});

test("turning the overview round while the server is away is no error", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 1, now()]);
  await look(server.url, { quiet: true }, async (page) => {
    await page.locator(".card").waitFor();
    await page.route(/v1\/nodes/, (route) => route.abort(), { times: 1 });
    const failing = page.waitForEvent("requestfailed");
    await page.click("#turn");
    await failing;
    await page.locator(".section h2", { hasText: "*.cpu" }).waitFor();
  });
  await server.stop();
});

test("a server that counts in milliseconds is shown and told in that unit", async () => {
  const server = await serve(["--time-unit", "ms"]);
  await look(server.url, {}, async (page) => {
    await page.getByText("There are no samples yet").waitFor();
    const commands = await texts(page, ".first code");
    assert.ok(commands.includes(`metric put demo.answer 42 --server ${server.host}`));
    assert.ok(commands.some((command) => command.includes("$(date +%s%3N)")));
    const sample = (/** @type {number} */ value, /** @type {number} */ age) =>
      /** @type {[string, number, number]} */ (["palm.cpu", value, Date.now() - age]);
    await server.put(...Array.from({ length: 60 }, (_, index) => sample(index, index * 60_000)));
    await page.locator(".card", { hasText: /\d s ago$/ }).waitFor();
    assert.match(
      (await page.textContent("#window")) ?? "",
      /^[-\d]+ \d\d:\d\d(:\d\d)? – [-\d: ]+$/,
    );
    await server.put(sample(77, 0));
    await page.locator(".card", { hasText: "77" }).waitFor();
    await page.locator(".card a").click();
    await page.locator("#samples td").first().waitFor();
    assert.match((await texts(page, "#samples tbody th"))[0], / \d\d:\d\d:\d\d\.\d{3}$/);
    const from = 1767222000292n;
    await page.goto(`${server.url}#key=palm.cpu&from=${from}&until=${from + 16326n}`);
    const range = "--since 2025-12-31T23:00:00.292Z --until 2025-12-31T23:00:16.618Z";
    const exact = `metric get palm.cpu ${range} --server ${server.host}`;
    await until(async () => (await texts(page, "#ways code"))[0] === exact, exact);
  });
  await server.stop();
});

test("times of nanoseconds are exact, however far one zooms", async () => {
  const server = await serve(["--time-unit", "ns"]);
  const start = 1767222000123456789n;
  const samples = Array.from(
    { length: 50 },
    (_, index) =>
      /** @type {[string, number, bigint]} */ (["fine.x", index, start + BigInt(index) * 3n]),
  );
  await server.put(...samples);
  await look(
    `${server.url}#from=${start}&until=${start + 147n}&chart=%3Dfine.x&zone=utc`,
    {},
    async (page) => {
      const box = await page.locator(".u-over").boundingBox();
      assert.ok(box);
      await page.waitForTimeout(500);
      await page.mouse.move(box.x + 1, box.y + 50);
      await until(
        async () =>
          (await texts(page, ".legend li:first-child"))[0] === "2025-12-31 23:00:00.123456789",
        "the first sample's time",
      );
      assert.deepEqual(await texts(page, ".legend b"), ["0"]);
      await page.locator(".card a").click();
      await page.locator("#samples td").first().waitFor();
      assert.deepEqual(
        (await texts(page, "#samples tbody tr"))[0],
        "2025-12-31 23:00:00.123456936176722200012345693649",
      );
      assert.equal(asked(page).get("from"), String(start));
    },
  );
  await server.stop();
});

test("a window reaches from the first time to the last, and no further", async () => {
  const server = await serve(["--time-unit", "ns"]);
  await server.put(["fine.x", 7, 1767222000123456789n]);
  const [first, last] = [-(2n ** 63n), 2n ** 63n - 1n];
  for (const hash of ["#range=7d", "#from=-9999999999999999999&until=9999999999999999999"])
    await look(server.url + hash, {}, async (page) => {
      await page.locator(".card").waitFor();
      for (let press = 0; press < 30; press++) await page.keyboard.press("z");
      const whole = `${first} ${last}`;
      await until(
        async () => `${asked(page).get("from")} ${asked(page).get("until")}` === whole,
        "all times",
      );
      await page.waitForTimeout(300);
      assert.equal(await page.locator(".complaint").count(), 0);
    });
  await server.stop();
});

test("times of nanoseconds are exact in wide windows, too", async () => {
  const server = await serve(["--time-unit", "ns"]);
  const start = 1767222000123456789n;
  for (const length of [2n * 3600n, 100n * 86400n]) {
    const [from, until0] = [start - length * 500000000n, start + length * 500000000n];
    await server.put(["fine.x", 7, start]);
    const hash = `#from=${from}&until=${until0}&chart=%3Dfine.x&zone=utc`;
    await look(server.url + hash, {}, async (page) => {
      const box = await page.locator(".u-over").boundingBox();
      assert.ok(box);
      await page.waitForTimeout(500);
      await page.mouse.move(box.x + box.width / 2, box.y + 50);
      await until(
        async () =>
          (await texts(page, ".legend li:first-child"))[0] === "2025-12-31 23:00:00.123456789",
        "the sample's time",
      );
    });
  }
  await server.stop();
});

test("a server whose samples are old shows them without being asked", async () => {
  const server = await serve();
  await server.put(["palm.cpu", 23.7, 1150864247], ["palm.cpu", 24.5, 1150864248]);
  await look(server.url + "#chart=%3Dpalm.cpu", {}, async (page) => {
    await until(
      async () =>
        (await page
          .getByRole("button", { name: "all", exact: true })
          .getAttribute("aria-pressed")) === "true",
      "all",
    );
    await until(
      async () => /^palm\.cpu24\.5 %$/.test((await texts(page, ".legend li:last-child"))[0] ?? ""),
      "its newest value",
    );
  });
  await server.stop();
});

test("extreme values are drawn and written", async () => {
  const server = await serve();
  await server.put(
    ...series("odd.huge", (index) => 1e300 * (1 + index / 100), 50),
    ...series("odd.tiny", (index) => 1e-300 * (1 + index / 100), 50),
    ...series("odd.widest", (index) => (index % 2 ? 1.7e308 : -1.7e308), 50),
    ...series("odd.constant", () => 42, 50),
    ["odd.one", 3.5, now() - 60],
  );
  const items = ["=odd.huge", "=odd.tiny", "=odd.widest", "=odd.constant", "=odd.one"];
  await look(
    server.url + "#" + items.map((item) => "chart=" + encodeURIComponent(item)).join("&"),
    { height: 1600 },
    async (page) => {
      await until(async () => (await page.locator(".u-over").count()) === 5, "all charts");
      await until(
        async () =>
          (await texts(page, ".value")).length === 5 &&
          (await texts(page, ".value")).every(Boolean),
        "all cards",
      );
      assert.deepEqual(
        (await texts(page, ".value")).join(" "),
        "42 1.49e300 3.5 1.49e-300 1.7e308",
      );
    },
  );
  await server.stop();
});
