import { describe, expect, it } from "vitest";

import { MINUTE, NOON, person } from "../testing";
import { currentness, stillKnown } from "./currentness";

const END = NOON + 15 * MINUTE;

describe("a reading", () => {
  it("is current until the moment it is too old", () => {
    const known = person();

    expect(currentness(known, END - 1, 0)).toEqual({
      kind: "current",
      reading: [NOON, 112, 0],
    });
    expect(currentness(known, END, 0)).toEqual({
      kind: "stale",
      age: 15 * MINUTE,
    });
  });

  it("is not current once the integration says so", () => {
    const known = person({ latest: null });

    expect(currentness(known, NOON + MINUTE, 0).kind).toBe("stale");
  });

  it("is not current without an end", () => {
    expect(currentness(person({ fresh_until: null }), NOON, 0).kind).toBe(
      "stale",
    );
  });

  it("is not current after a minute of silence", () => {
    const known = person();

    expect(currentness(known, NOON, 59_999).kind).toBe("current");
    expect(currentness(known, NOON, 60_000).kind).toBe("disconnected");
  });

  it("is not current while the integration does not follow the person", () => {
    const known = person({ available: false });

    expect(currentness(known, NOON, 0).kind).toBe("unavailable");
  });

  it.each(["warmup", "sensor_error"] as const)(
    "is not current during %s, which is the reason",
    (sensor_status) => {
      const known = person({ latest: null, sensor_status });

      expect(currentness(known, NOON, 0).kind).toBe(sensor_status);
    },
  );

  it("may not exist", () => {
    const known = person({ latest: null, newest_at: null, fresh_until: null });

    expect(currentness(known, NOON, 0).kind).toBe("no_data");
    expect(currentness(null, NOON, 0).kind).toBe("waiting");
  });
});

describe("what has no age of its own", () => {
  const busy = person({
    status: { insulin_on_board: [NOON, 2.35], carbs_on_board: [NOON, 24] },
    last_bolus: [NOON, 4],
    low_in: 12,
    alarms: { active: "low", snoozed_until: NOON + MINUTE },
  });

  it.each(["disconnected", "unavailable"] as const)(
    "is not known any more when the card is %s",
    (kind) => {
      const left = stillKnown(busy, { kind });

      expect(left).toEqual({ ...person(), last_bolus: [NOON, 4] });
    },
  );

  it("is known while somebody tells it, whatever the readings are", () => {
    expect(stillKnown(busy, { kind: "stale", age: MINUTE })).toBe(busy);
    expect(stillKnown(null, { kind: "waiting" })).toBeNull();
  });
});
