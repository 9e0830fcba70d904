import { expect, test } from "vitest";

import { HOUR, NOON } from "../testing";
import { ticks } from "./ticks";

const hoursBefore = (found: readonly number[]): number[] =>
  found.map((at) => (NOON - at) / HOUR);

test.each([
  [3, [3, 2, 1]],
  [6, [6, 5, 4, 3, 2, 1]],
  [12, [12, 10, 8, 6, 4, 2]],
  [24, [24, 20, 16, 12, 8, 4]],
])("of %i hours these are written", (hours, expected) => {
  const start = NOON - hours * HOUR;

  expect(hoursBefore(ticks(start, NOON, hours, 500, "UTC"))).toEqual(expected);
});

test("fewer are written where there is little room", () => {
  const start = NOON - 6 * HOUR;

  expect(hoursBefore(ticks(start, NOON, 6, 200, "UTC"))).toEqual([6, 4, 2]);
});

test("hours are full where the person is", () => {
  const found = ticks(NOON - 3 * HOUR, NOON, 3, 500, "Asia/Kathmandu");

  expect(hoursBefore(found)).toEqual([2.75, 1.75, 0.75]);
});

test("hours are full where the browser is if nobody says", () => {
  const found = ticks(NOON - 3 * HOUR, NOON, 3, 500, undefined);

  expect(found.map((at) => new Date(at).getMinutes())).toEqual([0, 0, 0]);
});

test("an odd number of hours is written too", () => {
  expect(ticks(NOON - 5 * HOUR, NOON, 5, 500, "UTC")).toHaveLength(5);
});
