import { expect, test } from "vitest";

import type { Treatment } from "../feed/message";
import { HOUR, MINUTE, NOON, readings } from "../testing";
import { around, expected, nearest, reach } from "./nearest";

test("the nearest reading is found", () => {
  const known = readings([100, 105, 110]);

  expect(nearest(known, NOON - HOUR)).toBe(0);
  expect(nearest(known, NOON - 7 * MINUTE)).toBe(1);
  expect(nearest(known, NOON + HOUR)).toBe(2);
  expect(nearest([], NOON)).toBe(-1);
});

test("treatments are found around a moment", () => {
  const treatments: Treatment[] = [
    [NOON - 10 * MINUTE, 1, null, false],
    [NOON, 2, null, false],
    [NOON + 5 * MINUTE, 3, null, false],
  ];

  expect(
    around(treatments, NOON, 5 * MINUTE).map(([, insulin]) => insulin),
  ).toEqual([2, 3]);
});

test("what is expected is found as far as the forecast goes", () => {
  const forecast = {
    start: NOON,
    period: 5 * MINUTE,
    mgdl: [100, 105, 110],
    lowest: [],
    highest: [],
  };

  expect(expected(forecast, NOON + 6 * MINUTE)).toEqual([
    NOON + 5 * MINUTE,
    105,
  ]);
  expect(expected(forecast, NOON + 13 * MINUTE)).toBeNull();
  expect(expected(forecast, NOON - 3 * MINUTE)).toBeNull();
});

test("a finger reaches further where an hour is narrow", () => {
  expect(reach(HOUR, 600)).toBe(4 * MINUTE);
  expect(reach(24 * HOUR, 480)).toBe(42 * MINUTE);
});
