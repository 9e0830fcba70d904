import { expect, test } from "vitest";

import { person } from "../testing";
import { rangeOf, rangeOfReading } from "./range";

const { thresholds } = person();

test.each([
  [54, "urgent_low"],
  [55, "urgent_low"],
  [56, "low"],
  [69, "low"],
  [70, "in_range"],
  [180, "in_range"],
  [181, "high"],
  [249, "high"],
  [250, "urgent_high"],
  [401, "urgent_high"],
] as const)("%i is %s", (mgdl, range) => {
  expect(rangeOf(mgdl, thresholds)).toBe(range);
  expect(rangeOfReading([0, mgdl, 0], thresholds)).toBe(range);
});

test("beyond the sensor's limits is always urgent", () => {
  const wide = { urgent_low: 30, low: 35, high: 420, urgent_high: 450 };

  expect(rangeOfReading([0, 39, -1], wide)).toBe("urgent_low");
  expect(rangeOfReading([0, 401, 1], wide)).toBe("urgent_high");
});
