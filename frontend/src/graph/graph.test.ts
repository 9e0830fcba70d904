import { describe, expect, it } from "vitest";

import type { Treatment } from "../feed/message";
import { HOUR, MINUTE, NOON, person, readings } from "../testing";
import { graph, type Input } from "./graph";

const bolus: Treatment = [NOON - HOUR, 3, null, false];
const meal: Treatment = [NOON - HOUR, null, 40, false];

const input = (changes: Partial<Input> = {}): Input => ({
  readings: readings([60, 100, 120]),
  treatments: [],
  thresholds: person().thresholds,
  forecast: null,
  now: NOON,
  hours: 3,
  width: 400,
  height: 220,
  timeZone: "UTC",
  amountOf: ({ amount }) => `${amount} U`,
  ...changes,
});

describe("a graph", () => {
  it("has bands that fill the plot, from the lowest to the highest", () => {
    const { bands, frame } = graph(input());

    expect(bands.map(({ range }) => range)).toEqual([
      "urgent_low",
      "low",
      "in_range",
      "high",
      "urgent_high",
    ]);
    const whole = bands.reduce((sum, { height }) => sum + height, 0);
    expect(whole).toBeCloseTo(frame.bottom - frame.top);
    expect(bands[0]!.y + bands[0]!.height).toBe(frame.bottom);
    expect(bands.every(({ height }) => height >= 0)).toBe(true);
  });

  it("has the person's own limits", () => {
    const { limits } = graph(input());

    expect(limits.map(({ mgdl }) => mgdl)).toEqual([70, 180]);
    const [low, high] = [limits[0]!, limits[1]!];
    expect(low.y).toBeGreaterThan(high.y);
    expect(low.textY).toBeGreaterThan(low.y);
    expect(high.textY).toBeLessThan(high.y);
  });

  it("has bands although very high is beyond the scale", () => {
    const thresholds = {
      urgent_low: 55,
      low: 70,
      high: 180,
      urgent_high: 400,
    };

    const { bands } = graph(input({ thresholds }));

    expect(bands.at(-1)?.height).toBe(0);
  });

  it("shows only its hours", () => {
    const old: readonly [number, number, 0] = [NOON - 4 * HOUR, 90, 0];

    const { readings: shown } = graph(
      input({ readings: [old, ...readings([100, 101])] }),
    );

    expect(shown.map(([, mgdl]) => mgdl)).toEqual([100, 101]);
  });

  it("has lanes for what there is", () => {
    const none = graph(input()).frame;
    const insulin = graph(input({ treatments: [bolus] })).frame;
    const both = graph(input({ treatments: [bolus, meal] })).frame;

    expect(insulin.bottom).toBeLessThan(none.bottom);
    expect(insulin.top).toBe(none.top);
    expect(both.top).toBeGreaterThan(none.top);
  });

  it("has no lanes where it is low", () => {
    const low = graph(input({ height: 100, treatments: [bolus, meal] }));

    expect(low.frame).toEqual(graph(input({ height: 100 })).frame);
    expect(low.marks).toEqual([]);
  });

  it("writes amounts beside marks, but not of a loop's", () => {
    const loop: Treatment = [NOON - 2 * HOUR, 0.2, null, true];

    const { marks } = graph(input({ treatments: [loop, bolus, meal] }));

    expect(marks.map(({ kind, text }) => [kind, text])).toEqual([
      ["carbs", "40 U"],
      ["automatic", ""],
      ["bolus", "3 U"],
    ]);
  });

  it("makes room for a forecast, and draws it", () => {
    const forecast = {
      start: NOON,
      period: 5 * MINUTE,
      mgdl: [120, 122, 124, 126, 128, 130, 132],
      lowest: [],
      highest: [],
    };

    const { frame, expectation } = graph(input({ forecast }));

    expect(frame.end).toBe(NOON + 30 * MINUTE);
    expect(expectation?.middle).toContain("L");
    expect(graph(input()).expectation).toBeNull();
  });

  it("is drawn without readings", () => {
    const empty = graph(input({ readings: [] }));

    expect(empty.line).toBe("");
    expect(empty.readings).toEqual([]);
    expect(empty.hours).toHaveLength(4);
  });
});
