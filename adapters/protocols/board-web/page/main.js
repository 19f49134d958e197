// The page of a board: a card for each series, with its newest value, its age and its line.

const POLL = 2000;
// How many ranges are asked for in one poll. In between, newest samples are appended.
const RANGES = 8;

const [host, state, main, template] = ["i", "p", "main", "template"].map((name) =>
  document.querySelector(name),
);
const cards = new Map();
// The cards whose range is to be asked for, the one that has waited longest first.
const changed = new Set();
// The board's time less that of this page, in seconds, and when the board has last answered.
let offset = 0;
let answered = 0;
let timer;

const seconds = () => performance.now() / 1000;

async function ask(path) {
  const reply = await fetch("/v1/" + path, { signal: AbortSignal.timeout(5000) });
  return reply.json();
}

async function poll() {
  try {
    if (!document.hidden) await renew();
  } catch {
    // How long there was no answer is shown.
  }
  show();
  clearTimeout(timer);
  timer = setTimeout(poll, POLL);
}

async function renew() {
  const { now, series } = await ask("last");
  answered = seconds();
  offset = now - answered;
  // A board that has lost series has started anew.
  if (series.length < cards.size) location.reload();
  series.forEach(({ key, last }, index) => {
    if (!cards.has(key)) cards.set(key, card(key, index));
    cards.get(key).add(last);
  });
  for (const card of [...changed].slice(0, RANGES)) {
    changed.delete(card);
    await card.read();
  }
}

// Makes the card of a series, at its place.
function card(key, index) {
  const node = template.content.cloneNode(true).firstChild;
  const [name, value, age, line, range] = ["b", "output", "small", "path", "svg ~ small"].map(
    (part) => node.querySelector(part),
  );
  name.textContent = key;
  main.insertBefore(node, main.children[index]);
  let samples = [];
  let usual = 0;
  let known = false;

  const self = {
    // Takes the newest sample.
    add(sample) {
      if (sample + "" == samples.at(-1)) return;
      // Where time goes back, the board has started anew.
      samples = [...samples.filter(([time]) => time < sample[0]), sample];
      changed.add(self);
      draw();
    },

    async read() {
      const { series } = await ask("range?key=" + encodeURIComponent(key));
      samples = series[0].samples;
      known = true;
      draw();
    },

    // Shows the age. Times are since boot, unless a client has put those of a calendar.
    show() {
      const time = samples.at(-1)[0];
      const old = (time > 1e9 ? Date.now() / 1000 : seconds() + offset) - time;
      age.textContent = old < 0 ? "ahead" : long(old) + " ago";
      node.classList.toggle("old", old > 3 * usual + 10);
    },
  };

  function draw() {
    const values = samples.map(([, value]) => value);
    const [first] = samples[0];
    const [newest, last] = samples.at(-1);
    const [min, max, span] = [Math.min(...values), Math.max(...values), newest - first];
    // Halves, since the largest less the smallest double is none. A constant is in the middle.
    const half = max / 2 - min / 2;
    const points = samples.map(([time, value]) => [
      span ? ((time - first) / span) * 100 : 50,
      half ? 98 - ((value / 2 - min / 2) / half) * 96 : 50,
    ]);
    // A single sample is a dash.
    line.setAttribute("d", "M" + points.join("L") + (span ? "" : "h2"));
    value.textContent = short(last);
    const change = half ? short(min) + " to " + short(max) + " in " : "constant for ";
    // The newest sample alone says nothing of the range.
    range.textContent = known ? (span ? change + long(span) : "one sample") : "…";
    usual = span / samples.length;
    self.show();
  }

  return self;
}

// Shows how old everything is.
function show() {
  if (!answered) return;
  const silence = seconds() - answered;
  const lost = silence > 5;
  state.classList.toggle("lost", lost);
  state.textContent = lost
    ? "no answer for " + long(silence) + ", trying again"
    : cards.size
      ? cards.size + " series, live"
      : "nothing yet: send “put palm.cpu 23.7 0” to port 8888";
  cards.forEach((card) => card.show());
}

// Whole numbers have all digits, others six.
const short = (value) => (value % 1 ? +value.toPrecision(6) : value);

const long = (time) =>
  time < 120
    ? Math.floor(time) + " s"
    : time < 7200
      ? Math.floor(time / 60) + " min"
      : Math.floor(time / 3600) + " h";

document.title = host.textContent = location.host;
// A page that was hidden asks at once.
document.addEventListener("visibilitychange", poll);
setInterval(show, 1000);
poll();
