import { describe, expect, it, test } from "vitest";

import { HOUR, MINUTE, NOON, person, readings } from "../testing";
import { round, scale, span, timeAt, xOf, yOf, type Frame } from "./frame";

const frame: Frame = {
  width: 400,
  top: 20,
  bottom: 120,
  start: NOON - 4 * HOUR,
  end: NOON,
  lowest: 40,
  highest: 240,
};

const { thresholds } = person();

describe("a place", () => {
  it("is where its moment and value are", () => {
    expect(xOf(frame, NOON - HOUR)).toBe(300);
    expect(yOf(frame, 40)).toBe(120);
    expect(yOf(frame, 140)).toBe(70);
    expect(yOf(frame, 240)).toBe(20);
  });

  it("is at the edge beyond the scale", () => {
    expect(yOf(frame, 39)).toBe(120);
    expect(yOf(frame, 401)).toBe(20);
  });

  it("has a moment", () => {
    expect(timeAt(frame, 300)).toBe(NOON - HOUR);
    expect(round(1.26)).toBe(1.3);
  });
});

describe("a graph", () => {
  it("moves by whole minutes", () => {
    const now = NOON + 59_999;

    expect(span(now, 3, 0)).toEqual(span(NOON, 3, 0));
    expect(span(now, 3, 0).start).toBe(NOON - 3 * HOUR);
  });

  it("has room for a forecast, but not for a long one", () => {
    expect(span(NOON, 6, 30 * MINUTE).end).toBe(NOON + 30 * MINUTE);
    expect(span(NOON, 6, 5 * HOUR).end).toBe(NOON + HOUR);
  });

  it("keeps a little room without a forecast", () => {
    expect(span(NOON, 6, 0).end).toBe(NOON + 9 * MINUTE);
    expect(span(NOON, 24, 30 * MINUTE).end).toBe(NOON + 36 * MINUTE);
  });
});

test.each([
  [[100], 250],
  [[235], 250],
  [[236], 300],
  [[330], 350],
  [[336], 400],
  [[500], 400],
])("the scale of %j ends at %i", (values, highest) => {
  expect(scale(readings(values), thresholds)).toEqual({ lowest: 40, highest });
});

test("the scale shows what is high for the person", () => {
  const wide = { ...thresholds, high: 220 };

  expect(scale([], wide).highest).toBe(300);
});
