// Puts the page together. Nothing happens while its tab is hidden.
import * as api from "./api.js";
import { attempt } from "./attempt.js";
import * as cards from "./card.js";
import * as charts from "./charts.js";
import { obey, onSettle, renew, tick } from "./clock.js";
import * as connection from "./connection.js";
import { by, fill } from "./dom.js";
import * as finder from "./finder.js";
import * as first from "./first.js";
import * as header from "./header.js";
import * as keyboard from "./keyboard.js";
import * as live from "./live.js";
import { onView } from "./navigation.js";
import { forget } from "./newest.js";
import * as overview from "./overview.js";
import * as palette from "./palette.js";
import * as series from "./series.js";
import { learn } from "./server.js";

// Late samples come with the next range.
const RENEW = 60;
// New series are looked for so often, and the figures of one series are renewed.
const LOOK = 3;

let known = -1;
let seconds = 0;
let looking = false;

async function start() {
  palette.apply();
  header.start();
  finder.start();
  keyboard.start();
  connection.start(reload);
  live.start(connection.note);
  series.onRemoved(look);
  setInterval(second, 1000);
  document.addEventListener("visibilitychange", () => document.hidden || reload());
  await look();
}

/** Asks the server for its state, and lists the series anew if their number has changed. */
async function look() {
  if (looking) return;
  looking = true;
  const failure = by("failure");
  await attempt(failure, async () => {
    await compare(await api.ask("/v1/info"));
    fill(failure);
  }).finally(() => (looking = false));
}

/** @param {import("./server.js").Info} info */
async function compare(info) {
  learn(info);
  if (info.series < known) forget();
  connection.tell();
  if (info.series === known && (overview.listed || !known)) return;
  if (known < 0) begun();
  else seek();
  document.body.classList.toggle("empty", !info.series);
  if (!info.series) first.show();
  else if (!(await overview.show())) return;
  known = info.series;
}

/** The server's unit and clock are known. */
function begun() {
  known = 0;
  obey();
  charts.show();
  series.show();
}

/** There may be other series now. */
function seek() {
  charts.seek();
  series.seek();
}

function reload() {
  if (known < 0) return void look();
  renew();
  charts.reload();
  series.reload();
  live.follow();
  look();
}

function second() {
  if (document.hidden) return;
  connection.tick();
  // Else the server's clock is not known, and is asked for again.
  if (known >= 0) tick();
  cards.age();
  overview.update();
  seconds++;
  if (document.body.classList.contains("away")) return;
  if (seconds % RENEW === 0) reload();
  else if (seconds % LOOK === 0) {
    look();
    series.renew();
  }
}

onView((view, before) => {
  if (view.utc === before.utc) return;
  charts.repaint();
  series.reload();
});
onSettle(live.follow);

start();
