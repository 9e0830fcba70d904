import { describe, expect, it } from "vitest";

import { HOUR, MINUTE, NOON, person } from "../testing";
import { merge, type Message, type Reading } from "./message";

const first: Message = { ...person(), now: NOON, replaces: true };

describe("what a card remembers", () => {
  it("begins with the first message, which has everything", () => {
    const known = merge(null, first);

    expect(known).toMatchObject({ name: "Alex", delta: 4.2 });
    expect(known?.readings).toHaveLength(3);
  });

  it("is nothing while the person was never available", () => {
    expect(merge(null, { available: false })).toBeNull();
    expect(merge(null, { now: NOON })).toBeNull();
  });

  it("keeps the person while they are not available", () => {
    const known = merge(merge(null, first), { available: false });

    expect(known?.available).toBe(false);
    expect(known?.readings).toHaveLength(3);
  });

  it("gets new readings, oldest first, and only what changed", () => {
    const late: Reading = [NOON - 2 * MINUTE, 110, 0];
    const next: Reading = [NOON + 5 * MINUTE, 116, 0];

    const known = merge(person(), { readings: [next, late], delta: null });

    expect(known?.readings.map(([, mgdl]) => mgdl)).toEqual([
      104, 108, 110, 112, 116,
    ]);
    expect(known?.delta).toBeNull();
    expect(known?.name).toBe("Alex");
  });

  it("keeps the same readings if there are no new ones", () => {
    const known = person();

    expect(merge(known, { delta: 1 })?.readings).toBe(known.readings);
  });

  it("lets a correction win", () => {
    const known = merge(person(), { readings: [[NOON, 120, 0]] });

    expect(known?.readings.at(-1)).toEqual([NOON, 120, 0]);
    expect(known?.readings).toHaveLength(3);
  });

  it("forgets what is older than a day", () => {
    const known = person({
      readings: [
        [NOON - 24 * HOUR, 90, 0],
        [NOON - 23 * HOUR, 91, 0],
      ],
    });

    const merged = merge(known, { readings: [[NOON, 112, 0]] });

    expect(merged?.readings.map(([, mgdl]) => mgdl)).toEqual([91, 112]);
  });

  it("is replaced by a message that has all readings", () => {
    const known = merge(person(), { readings: [], replaces: true });

    expect(known?.readings).toEqual([]);
    expect(merge(known, { readings: [] })?.readings).toEqual([]);
  });
});
