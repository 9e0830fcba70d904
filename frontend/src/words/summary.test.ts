import { describe, expect, it } from "vitest";

import { currentness } from "../judge/currentness";
import { format, HOUR, MINUTE, NOON, person } from "../testing";
import { lastReading, notice, summary } from "./summary";

const plain = (text: string): string =>
  text.replace(/[\u2066-\u2069]/g, "").replace(/\s/g, " ");

function said(changes: Parameters<typeof person>[0], now: number): string {
  const known = person(changes);
  const judged = currentness(known, now, 0);
  return plain(summary(known, "Alex", judged, known.range, now, format()));
}

describe("a screen reader says", () => {
  it("value, range, direction, change and age", () => {
    expect(said({}, NOON + 2 * MINUTE)).toBe(
      "Alex, 112 mg/dL, In range, rising, +4, 2 min. ago",
    );
  });

  it("no more than is known", () => {
    const unknown = { range: null, direction: null, delta: null };

    expect(said(unknown, NOON)).toBe("Alex, 112 mg/dL, just now");
  });

  it("why nothing is current, and never the old value", () => {
    const text = said({}, NOON + 25 * MINUTE);

    expect(text).toBe("Alex, No reading for 25 min, Last reading 12:00 PM");
    expect(text).not.toContain("112");
  });

  it("no time of a reading that never was", () => {
    const none = { latest: null, newest_at: null, fresh_until: null };

    expect(said(none, NOON)).toBe("Alex, No readings yet");
    expect(lastReading(person(none), NOON, format())).toBe("");
  });
});

describe("a notice says", () => {
  it("how long there was no reading", () => {
    const text = notice({ kind: "stale", age: 3 * HOUR }, format("de"));

    expect(plain(text)).toBe("Seit 3 Std. kein Wert");
  });

  it("what else is the reason", () => {
    expect(notice({ kind: "disconnected" }, format())).toBe("Not connected");
    expect(notice({ kind: "warmup" }, format())).toBe("Sensor is warming up");
  });
});
