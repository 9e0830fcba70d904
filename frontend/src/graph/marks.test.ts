import { describe, expect, it } from "vitest";

import type { Treatment } from "../feed/message";
import { HOUR, MINUTE, NOON } from "../testing";
import type { Frame } from "./frame";
import { labelled, marks, type Mark } from "./marks";

const frame: Frame = {
  width: 180,
  top: 0,
  bottom: 100,
  start: NOON - 3 * HOUR,
  end: NOON,
  lowest: 40,
  highest: 250,
};

const bolus = (minutes: number, units: number): Treatment => [
  NOON - minutes * MINUTE,
  units,
  null,
  false,
];
const automatic = (minutes: number, units: number): Treatment => [
  NOON - minutes * MINUTE,
  units,
  null,
  true,
];
const carbs = (minutes: number, grams: number): Treatment => [
  NOON - minutes * MINUTE,
  null,
  grams,
  false,
];

describe("marks", () => {
  it("are where insulin and carbs were", () => {
    const found = marks([carbs(120, 20), bolus(60, 2.5)], frame, NOON);

    expect(found).toEqual([
      { kind: "carbs", x: 60, at: NOON - 2 * HOUR, amount: 20, size: 0.5 },
      { kind: "bolus", x: 120, at: NOON - HOUR, amount: 2.5, size: 0.5 },
    ]);
  });

  it("are two if insulin and carbs were written down together", () => {
    const both: Treatment = [NOON - HOUR, 2, 30, false];

    expect(marks([both], frame, NOON).map(({ kind }) => kind)).toEqual([
      "carbs",
      "bolus",
    ]);
  });

  it("are not of what is only planned, or was too long ago", () => {
    const planned = carbs(-5, 20);
    const old = bolus(181, 3);

    expect(marks([old, planned], frame, NOON)).toEqual([]);
  });

  it("become one where they would overlap, with all amounts", () => {
    const found = marks(
      [bolus(60, 1), bolus(55, 2), bolus(40, 4)],
      frame,
      NOON,
    );

    expect(found.map(({ amount }) => amount)).toEqual([3, 4]);
    expect(found[0]?.at).toBe(NOON - HOUR);
  });

  it("of a loop are grouped, apart from those of a person", () => {
    const loop = [50, 45, 40, 35].map((minutes) => automatic(minutes, 0.25));

    const found = marks(
      [...loop.slice(0, 2), bolus(42, 5), ...loop.slice(2)],
      frame,
      NOON,
    );

    expect(found.map(({ kind, amount }) => [kind, amount])).toEqual([
      ["automatic", 1],
      ["bolus", 5],
    ]);
  });

  it("do not grow without end", () => {
    expect(marks([bolus(60, 50)], frame, NOON)[0]?.size).toBe(1);
  });
});

describe("amounts", () => {
  const mark = (x: number, size: number): Mark => ({
    kind: "bolus",
    x,
    at: NOON,
    amount: size,
    size,
  });
  const widthOf = () => 20;

  it("are written if there is room beside each other", () => {
    const apart = [mark(20, 0.1), mark(44, 0.2)];

    expect(labelled(apart, widthOf, 180).size).toBe(2);
  });

  it("are written of the largest if there is not", () => {
    const [small, large] = [mark(20, 0.1), mark(43, 0.2)];

    expect([...labelled([small, large], widthOf, 180)]).toEqual([large]);
  });

  it("are not written beyond the edges", () => {
    const [left, right] = [mark(9, 1), mark(171, 1)];

    expect(labelled([left, right], widthOf, 180).size).toBe(0);
  });
});
