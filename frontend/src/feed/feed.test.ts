import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Connection } from "../hass";
import { NOON, person } from "../testing";
import { Feed, feedOf } from "./feed";
import type { Message } from "./message";

const GLUCOSE = "sensor.alex_glucose";
const SECOND = 1_000;

/** A line whose other end is the test. */
class Line implements Connection {
  readonly asked: { heard: (message: Message) => void; ended: boolean }[] = [];
  readonly commands: unknown[] = [];
  /** What the next requests are answered with, if not with success. */
  refuse: unknown = null;
  private readonly listeners = new Map<string, Set<() => void>>();

  async subscribeMessage(
    heard: (message: Message) => void,
    command: object,
    options?: object,
  ): Promise<() => void> {
    this.commands.push({ ...command, ...options });
    await Promise.resolve();
    if (this.refuse) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- as the library does
      throw this.refuse;
    }
    const subscription = { heard, ended: false };
    this.asked.push(subscription);
    return () => {
      subscription.ended = true;
    };
  }

  addEventListener(event: string, listener: () => void): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(listener));
  }

  removeEventListener(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  fire(event: string): void {
    this.listeners.get(event)?.forEach((listener) => {
      listener();
    });
  }

  get count(): number {
    return [...this.listeners.values()].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }

  say(message: Message): void {
    this.asked.at(-1)?.heard(message);
  }
}

const everything: Message = { ...person(), now: NOON, replaces: true };

let line: Line;
let ended: number;
let feed: Feed;

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  line = new Line();
  ended = 0;
  feed = new Feed(line, GLUCOSE, () => (ended += 1));
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number): Promise<unknown> =>
  vi.advanceTimersByTimeAsync(seconds * SECOND);

describe("a line to a person", () => {
  it("is opened when somebody listens, and tells them everything", async () => {
    const heard = vi.fn();

    feed.listen(heard);
    await pass(0);
    line.say(everything);

    expect(line.commands).toEqual([
      {
        type: "glucose_follow/subscribe",
        entity_id: GLUCOSE,
        resubscribe: false,
      },
    ]);
    expect(heard).toHaveBeenCalledOnce();
    expect(feed.person?.name).toBe("Alex");
    expect(feed.clock.now({ wall: NOON, steady: performance.now() })).toBe(
      NOON,
    );
  });

  it("is opened once for many, and closed after the last", async () => {
    const [first, second] = [feed.listen(vi.fn()), feed.listen(vi.fn())];
    await pass(0);

    first();
    await pass(0);
    expect(line.asked.map((one) => one.ended)).toEqual([false]);
    second();
    second();
    await pass(0);

    expect(line.asked.map((one) => one.ended)).toEqual([true]);
    expect(line.count).toBe(0);
    expect(ended).toBe(1);
  });

  it("is closed although it was not open yet", async () => {
    feed.listen(vi.fn())();
    await pass(0);

    expect(line.asked.map((one) => one.ended)).toEqual([true]);
  });

  it("says nothing after it was closed", async () => {
    const heard = vi.fn();
    feed.listen(heard)();
    await pass(0);

    line.say(everything);

    expect(heard).not.toHaveBeenCalled();
    expect(feed.person).toBeNull();
  });

  it("does not mind that the other end is gone when it is closed", async () => {
    line.subscribeMessage = () =>
      Promise.resolve(() => Promise.reject(new Error("gone")));
    const leave = feed.listen(vi.fn());
    await pass(0);

    leave();
    await pass(0);

    expect(ended).toBe(1);
  });

  it("asks again after Home Assistant was away", async () => {
    feed.listen(vi.fn());
    await pass(0);
    line.say(everything);

    line.fire("disconnected");
    await pass(20);
    expect(line.asked).toHaveLength(1);
    line.fire("ready");
    await pass(0);
    line.say({ ...everything, name: "Sam" });

    expect(line.asked).toHaveLength(2);
    expect(line.asked[0]?.ended).toBe(false);
    expect(feed.person?.name).toBe("Sam");
  });

  it("asks again, less and less often, until the integration is there", async () => {
    line.refuse = { code: "unknown_command" };
    const heard = vi.fn();
    feed.listen(heard);
    const counts = [];
    for (const seconds of [0.5, 1, 2, 4, 8, 16, 30]) {
      await pass(seconds);
      counts.push(line.commands.length);
    }

    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(feed.refusal).toBeNull();
    line.refuse = null;
    await pass(30);
    line.say(everything);
    expect(feed.person?.name).toBe("Alex");
  });

  it("asks soon again after a new beginning", async () => {
    line.refuse = new Error("lost");
    feed.listen(vi.fn());
    await pass(20);
    const before = line.commands.length;

    line.fire("ready");
    await pass(1.5);

    expect(line.commands.length - before).toBe(2);
  });

  it.each(["not_found", "unauthorized"])("says if it is %s", async (code) => {
    line.refuse = { code };
    const heard = vi.fn();
    feed.listen(heard);
    await pass(0);

    expect(feed.refusal).toBe(code);
    expect(heard).toHaveBeenCalledOnce();
    line.refuse = null;
    await pass(1);
    line.say(everything);
    expect(feed.refusal).toBeNull();
  });

  it("does not mind a refusal that came too late", async () => {
    line.refuse = { code: "not_found" };
    const leave = feed.listen(vi.fn());
    leave();
    await pass(40);

    expect(feed.refusal).toBeNull();
    expect(line.commands).toHaveLength(1);
  });

  it("knocks after a minute of silence", async () => {
    feed.listen(vi.fn());
    await pass(0);
    line.say(everything);

    await pass(55);
    expect(line.asked).toHaveLength(1);
    await pass(10);

    expect(line.asked).toHaveLength(2);
    expect(line.asked[0]?.ended).toBe(true);
  });

  it("is left alone while it is not silent", async () => {
    feed.listen(vi.fn());
    await pass(0);
    for (let beat = 0; beat < 8; beat += 1) {
      line.say({ ...everything, now: NOON + beat * 25 * SECOND });
      await pass(25);
    }

    expect(line.asked).toHaveLength(1);
  });

  it("hears nothing from a subscription that it left", async () => {
    feed.listen(vi.fn());
    await pass(0);
    line.fire("ready");
    await pass(0);

    line.asked[0]?.heard(everything);

    expect(feed.person).toBeNull();
  });
});

describe("lines", () => {
  it("are shared by whoever shows the same person", () => {
    expect(feedOf(line, GLUCOSE)).toBe(feedOf(line, GLUCOSE));
    expect(feedOf(line, GLUCOSE)).not.toBe(feedOf(line, "sensor.sam_glucose"));
    expect(feedOf(line, GLUCOSE)).not.toBe(feedOf(new Line(), GLUCOSE));
  });

  it("are forgotten with the last listener", () => {
    const first = feedOf(line, GLUCOSE);

    first.listen(vi.fn())();

    expect(feedOf(line, GLUCOSE)).not.toBe(first);
  });
});
