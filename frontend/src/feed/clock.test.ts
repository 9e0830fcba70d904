import { describe, expect, it } from "vitest";

import { HOUR, MINUTE, NOON } from "../testing";
import { ServerClock, type Moment } from "./clock";

const SECOND = 1_000;

/** Our clock is three minutes slow, and began to count 100 seconds ago. */
const BEHIND = 3 * MINUTE;
const at = (passed: number, set = 0): Moment => ({
  wall: NOON + passed - BEHIND + set,
  steady: 100 * SECOND + passed,
});

describe("the integration's clock", () => {
  it("is unknown at first, and silent for ever", () => {
    const clock = new ServerClock();

    expect(clock.now(at(0))).toBe(-Infinity);
    expect(clock.silence(at(0))).toBe(Infinity);
  });

  it("is right although ours is wrong", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);

    expect(clock.now(at(10 * MINUTE))).toBe(NOON + 10 * MINUTE);
  });

  it("is not put back by a message that was late", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);
    clock.hear(at(40 * SECOND), NOON + 10 * SECOND);

    expect(clock.now(at(40 * SECOND))).toBe(NOON + 40 * SECOND);
  });

  it("is put forward by a message that was less late", () => {
    const clock = new ServerClock();
    clock.hear(at(5 * SECOND), NOON);
    clock.hear(at(30 * SECOND), NOON + 30 * SECOND);

    expect(clock.now(at(MINUTE))).toBe(NOON + MINUTE);
  });

  it("goes on while a tablet sleeps", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);

    const awake = { ...at(HOUR), steady: at(MINUTE).steady };

    expect(clock.now(awake)).toBe(NOON + HOUR);
    expect(clock.silence(awake)).toBe(HOUR);
  });

  it("is not put back by what piled up while a tablet slept", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);
    const awake = { ...at(HOUR), steady: at(MINUTE).steady };
    for (let beat = 1; beat < 10; beat += 1) {
      clock.hear(
        { wall: awake.wall + beat, steady: awake.steady + beat },
        NOON + beat * 25 * SECOND,
      );
    }

    expect(clock.now(awake)).toBeGreaterThanOrEqual(NOON + HOUR - SECOND);
  });

  it("is not put back by somebody who sets our clock back", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);

    expect(clock.now(at(10 * MINUTE, -HOUR))).toBe(NOON + 10 * MINUTE);
    expect(clock.silence(at(10 * MINUTE, -HOUR))).toBe(10 * MINUTE);
  });

  it("is right again soon after somebody set our clock forward", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);
    const before = clock.now(at(20 * SECOND, HOUR));
    clock.hear(at(25 * SECOND, HOUR), NOON + 25 * SECOND);
    const doubted = clock.now(at(25 * SECOND, HOUR));
    clock.hear(at(26 * SECOND, HOUR), NOON + 26 * SECOND);
    const hasty = clock.now(at(26 * SECOND, HOUR));
    clock.hear(at(50 * SECOND, HOUR), NOON + 50 * SECOND);

    expect(before).toBe(NOON + HOUR + 20 * SECOND);
    expect(doubted).toBe(NOON + HOUR + 25 * SECOND);
    expect(hasty).toBe(NOON + HOUR + 26 * SECOND);
    expect(clock.now(at(MINUTE, HOUR))).toBe(NOON + MINUTE);
  });

  it("does not believe messages that disagree about how late they are", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);
    clock.hear(at(60 * SECOND), NOON + 10 * SECOND);
    clock.hear(at(80 * SECOND), NOON + 45 * SECOND);

    expect(clock.now(at(80 * SECOND))).toBe(NOON + 80 * SECOND);
  });

  it("hears messages that say no time", () => {
    const clock = new ServerClock();
    clock.hear(at(0), NOON);
    clock.hear(at(30 * SECOND), undefined);

    expect(clock.silence(at(50 * SECOND))).toBe(20 * SECOND);
    expect(clock.now(at(50 * SECOND))).toBe(NOON + 50 * SECOND);
  });
});
