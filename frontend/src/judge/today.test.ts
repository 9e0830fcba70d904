import { describe, expect, it, test } from "vitest";

import { HOUR, MINUTE, NOON, person, readings } from "../testing";
import { startOfDay, timeInRanges } from "./today";

const { thresholds } = person();

describe("a day begins", () => {
  it.each([
    ["UTC", Date.UTC(2026, 10, 21)],
    ["Europe/Berlin", Date.UTC(2026, 10, 20, 23)],
    ["America/New_York", Date.UTC(2026, 10, 21, 5)],
    ["Asia/Kathmandu", Date.UTC(2026, 10, 20, 18, 15)],
  ])("at midnight in %s", (zone, start) => {
    expect(startOfDay(NOON, zone)).toBe(start);
  });

  it("at midnight although a clock was put back since", () => {
    const evening = Date.UTC(2026, 9, 25, 23, 30);

    expect(startOfDay(evening, "Europe/London")).toBe(
      Date.UTC(2026, 9, 24, 23),
    );
  });

  it("at midnight although a clock was put forward since", () => {
    const noon = Date.UTC(2026, 2, 29, 11);

    expect(startOfDay(noon, "Europe/London")).toBe(Date.UTC(2026, 2, 29));
  });

  it("at its first moment", () => {
    const start = Date.UTC(2026, 10, 21);

    expect(startOfDay(start, "UTC")).toBe(start);
    expect(startOfDay(start - 1, "UTC")).toBe(start - 24 * HOUR);
  });

  it("where the browser is if nobody says", () => {
    const start = startOfDay(NOON, undefined);

    expect(NOON - start).toBeLessThanOrEqual(24 * HOUR);
    expect(new Date(start).getHours()).toBe(0);
  });
});

test("each reading speaks until the next", () => {
  const known = readings([50, 60, 100, 200, 260]);

  const shares = timeInRanges(
    known,
    thresholds,
    NOON - HOUR,
    NOON + 5 * MINUTE,
  );

  expect(shares).toEqual({
    urgent_low: 0.2,
    low: 0.2,
    in_range: 0.2,
    high: 0.2,
    urgent_high: 0.2,
  });
});

test("a gap is in no range", () => {
  const known = readings([60, 100], 60);

  const shares = timeInRanges(known, thresholds, NOON - 2 * HOUR, NOON + HOUR);

  expect(shares).toMatchObject({ low: 0.5, in_range: 0.5 });
});

test("a reading of yesterday speaks for the first minutes of today", () => {
  const known = readings([60, 100, 100, 100]);

  const shares = timeInRanges(
    known,
    thresholds,
    NOON - 14 * MINUTE,
    NOON + MINUTE,
  );

  expect(shares?.low).toBeCloseTo(4 / 15);
});

test("nothing is said without readings of today", () => {
  expect(timeInRanges([], thresholds, NOON - HOUR, NOON)).toBeNull();
  expect(
    timeInRanges(readings([100]), thresholds, NOON + HOUR, NOON + 2 * HOUR),
  ).toBeNull();
});
