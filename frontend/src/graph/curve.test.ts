import { describe, expect, it, test } from "vitest";

import type { Forecast } from "../feed/message";
import { HOUR, MINUTE, NOON, person, readings } from "../testing";
import { dots, dotSize, expectation, line, period } from "./curve";
import type { Frame } from "./frame";

const frame: Frame = {
  width: 240,
  top: 0,
  bottom: 200,
  start: NOON - HOUR,
  end: NOON + HOUR,
  lowest: 40,
  highest: 240,
};

const { thresholds } = person();

test("readings have a usual distance, whatever is missing", () => {
  expect(period(readings([1, 2, 3, 4]))).toBe(5 * MINUTE);
  expect(period(readings([1, 2, 3], 1))).toBe(MINUTE);
  expect(period([[NOON - HOUR, 1, 0], ...readings([1, 2, 3])])).toBe(
    5 * MINUTE,
  );
  expect(period([])).toBe(5 * MINUTE);
});

test("dots are smaller where they are closer, within limits", () => {
  expect(dotSize(readings([1, 2, 3], 1), frame)).toBe(3);
  expect(dotSize(readings([1, 2, 3], 3), frame)).toBe(4.5);
  expect(dotSize(readings([1, 2, 3], 15), frame)).toBe(6);
});

test("each reading is a dot of its range", () => {
  const paths = dots(readings([50, 60, 100, 190, 260]), frame, thresholds);

  expect(paths).toEqual({
    urgent_low: "M80 190h0",
    low: "M90 180h0",
    in_range: "M100 140h0",
    high: "M110 50h0",
    urgent_high: "M120 0h0",
  });
});

describe("the line", () => {
  it("connects readings", () => {
    expect(line(readings([100, 110]), frame)).toBe("M110 140L120 130");
    expect(line([], frame)).toBe("");
  });

  it("bridges two lost readings, and breaks at three", () => {
    const [first, ...rest] = readings([90, 91, 92, 93, 94, 95, 96, 97]);
    const without = (count: number) =>
      line([first!, ...rest.slice(count)], frame).match(/M/g);

    expect(without(2)).toHaveLength(1);
    expect(without(3)).toHaveLength(2);
  });

  it("does not break within minutes", () => {
    const close = readings([90, 91, 92], 1);

    expect(line([[NOON - 12 * MINUTE, 90, 0], ...close], frame)).toMatch(
      /^M[^M]+$/,
    );
    expect(line([[NOON - 14 * MINUTE, 90, 0], ...close], frame)).toMatch(
      /^M[^M]+M[^M]+$/,
    );
  });
});

describe("a forecast", () => {
  const forecast: Forecast = {
    start: NOON,
    period: 30 * MINUTE,
    mgdl: [100, 110, 120, 130],
    lowest: [100, 100, 100, 100],
    highest: [100, 120, 140, 160],
  };

  it("is an area around a middle, as far as the graph goes", () => {
    expect(expectation(forecast, frame)).toEqual({
      area: "M120 140L180 120L240 100L240 140L180 140L120 140Z",
      middle: "M120 140L180 130L240 120",
    });
  });

  it("may be a line only", () => {
    const narrow = { ...forecast, lowest: [], highest: [] };

    expect(expectation(narrow, frame)).toEqual({
      area: "",
      middle: "M120 140L180 130L240 120",
    });
  });

  it("is nothing if too little of it can be seen", () => {
    const late = { ...forecast, start: NOON + 45 * MINUTE };

    expect(expectation(late, frame)).toBeNull();
    expect(expectation({ ...forecast, mgdl: [100] }, frame)).toBeNull();
  });
});
