/** How much of today was in range. */

import type { Range, Reading, Thresholds } from "../feed/message";
import { rangeOfReading, RANGES } from "./range";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a reading speaks at most, as in the integration's statistics. */
const REACH = 7.5 * MINUTE;

/** Shares from 0 to 1 that add up to 1. */
export type Shares = Readonly<Record<Range, number>>;

/**
 * Return when the day of `now` began where the person reads the clock.
 *
 * @param timeZone - IANA name; the browser's own if undefined.
 */
export function startOfDay(now: number, timeZone: string | undefined): number {
  const today = dayOf(now, timeZone);
  // A day has 23 to 25 hours, and its first quarter is where a search ends.
  let before = now - 26 * HOUR;
  let within = now;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayOf(middle, timeZone) === today) {
      within = middle;
    } else {
      before = middle;
    }
  }
  return within;
}

/** Return what identifies a day. */
function dayOf(at: number, timeZone: string | undefined): string {
  return formatter(timeZone).format(at);
}

const formatters = new Map<string | undefined, Intl.DateTimeFormat>();

/** Return a formatter of days; making one takes longer than using it. */
function formatter(timeZone: string | undefined): Intl.DateTimeFormat {
  let known = formatters.get(timeZone);
  if (!known) {
    known = new Intl.DateTimeFormat("en", {
      year: "numeric",
      month: "numeric",
      day: "numeric",
      ...(timeZone && { timeZone }),
    });
    formatters.set(timeZone, known);
  }
  return known;
}

/**
 * Return the time spent in each range, null if there is nothing to say.
 *
 * Each reading speaks until the next one, but not for long: a gap is no range.
 *
 * @param readings - Oldest first.
 * @param start - Epoch milliseconds; earlier readings speak for what is left.
 * @param now - The present; the newest reading does not speak beyond it.
 */
export function timeInRanges(
  readings: readonly Reading[],
  thresholds: Thresholds,
  start: number,
  now: number,
): Shares | null {
  const spent = Object.fromEntries(RANGES.map((range) => [range, 0])) as Record<
    Range,
    number
  >;
  let total = 0;
  readings.forEach((reading, index) => {
    const [at] = reading;
    const next = Math.min(readings[index + 1]?.[0] ?? now, now);
    const time = Math.min(next, at + REACH) - Math.max(at, start);
    if (time > 0) {
      spent[rangeOfReading(reading, thresholds)] += time;
      total += time;
    }
  });
  if (total === 0) {
    return null;
  }
  for (const range of RANGES) {
    spent[range] /= total;
  }
  return spent;
}
