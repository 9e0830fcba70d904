import { describe, expect, it, test } from "vitest";

import { RANGES } from "../judge/range";
import { colour, contrast, over } from "./contrast";
import { CHIP, DARK, declarations, LIGHT, NIGHT, TINT } from "./palette";

const TEXT = 4.5;
const DRAWN = 3;

/** Home Assistant's own themes: the card, and what is written on it. */
const THEMES = [
  {
    name: "light",
    palette: LIGHT,
    card: colour("#ffffff"),
    primary: colour("#141414"),
    secondary: colour("#5e5e5e"),
  },
  {
    name: "dark",
    palette: DARK,
    card: colour("#1c1c1c"),
    primary: colour("#e1e1e1"),
    secondary: colour("#9b9b9b"),
  },
] as const;

test("contrast is what the WCAG says", () => {
  expect(contrast(colour("#000000"), colour("#ffffff"))).toBeCloseTo(21);
  expect(contrast(colour("#777777"), colour("#ffffff"))).toBeCloseTo(4.48, 2);
  expect(contrast(colour("#ff0000"), colour("#0000ff"))).toBeCloseTo(2.15, 2);
});

test("a colour is laid over another", () => {
  expect(over(colour("#ff0000"), 0.5, colour("#000064"))).toEqual([
    127.5, 0, 50,
  ]);
});

describe.each(THEMES)("in the $name theme", (theme) => {
  const { palette, card, primary, secondary } = theme;

  it.each(RANGES)("the word for %s can be read on its chip", (range) => {
    const word = colour(palette.text[range]);
    expect(contrast(word, card)).toBeGreaterThanOrEqual(TEXT);
    expect(contrast(word, over(word, CHIP, card))).toBeGreaterThanOrEqual(TEXT);
  });

  it.each(RANGES)("a reading that is %s can be seen on its band", (range) => {
    const dot = colour(palette.dot[range]);
    const band = over(dot, TINT[range], card);
    expect(contrast(dot, band)).toBeGreaterThanOrEqual(DRAWN);
  });

  it("amounts of insulin and carbs can be read", () => {
    expect(contrast(colour(palette.bolus), card)).toBeGreaterThanOrEqual(TEXT);
    expect(contrast(colour(palette.carbs), card)).toBeGreaterThanOrEqual(TEXT);
  });

  it.each(RANGES)("what the theme writes can be read on %s", (range) => {
    const band = over(colour(palette.dot[range]), TINT[range], card);
    expect(contrast(primary, band)).toBeGreaterThanOrEqual(TEXT);
    expect(contrast(secondary, band)).toBeGreaterThanOrEqual(TEXT);
  });
});

test.each([DARK.text.in_range, "#e1e1e1"])("at night %s can be read", (hex) => {
  const black = colour("#000000");
  const word = over(colour(hex), NIGHT, black);
  expect(contrast(word, black)).toBeGreaterThanOrEqual(TEXT);
});

test("every colour is declared once", () => {
  const all = declarations(LIGHT);
  expect(all).toContain("--gf-text-urgent_low:#a3123a;");
  expect(all).toContain("--gf-dot-in_range:#23916a;");
  expect(all).toContain("--gf-carbs:#8447bd;");
  expect(all.match(/--gf-/g)).toHaveLength(12);
});
