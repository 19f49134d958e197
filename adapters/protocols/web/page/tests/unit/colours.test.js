import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const style = readFileSync(new URL("../../style.css", import.meta.url), "utf8");

/** @param {string} selector @returns {Record<string, string>} */
function theme(selector) {
  const block = style.slice(style.indexOf(selector)).split("}")[0];
  return Object.fromEntries(
    [...block.matchAll(/--(\w+): (#\w{6});/g)].map(([, name, colour]) => [name, colour]),
  );
}

/** The contrast of two colours by WCAG 2. @param {string} one @param {string} two */
function contrast(one, two) {
  const [low, high] = [one, two].map(luminance).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} colour */
function luminance(colour) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) =>
    part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

for (const selector of [":root {", ':root[data-theme="dark"] {'])
  test(`text has a contrast of 4.5 and lines of 3: ${selector}`, () => {
    const colours = theme(selector);
    for (const name of ["text", "soft", "accent", "bad"])
      for (const ground of ["ground", "card"])
        assert.ok(contrast(colours[name], colours[ground]) >= 4.5, `${name} on ${ground}`);
    for (let line = 0; line < 10; line++)
      assert.ok(contrast(colours[`c${line}`], colours.card) >= 3, `c${line}`);
  });
