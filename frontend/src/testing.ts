/** What tests begin with; nothing of it is in the card. */

import type { Person, Reading } from "./feed/message";
import { Format } from "./words/format";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Noon of 21 November 2026 in London, whose clock is UTC in winter. */
export const NOON = Date.UTC(2026, 10, 21, 12);

/** Return readings, one each `period` minutes, the last one at noon. */
export function readings(
  values: readonly number[],
  period = 5,
): readonly Reading[] {
  return values.map((mgdl, index) => [
    NOON - (values.length - 1 - index) * period * MINUTE,
    mgdl,
    0,
  ]);
}

/** Return a person whose newest reading is of noon. */
export function person(changes: Partial<Person> = {}): Person {
  const known = readings([104, 108, 112]);
  return {
    available: true,
    entry_id: "01JALEX",
    name: "Alex",
    unit: "mg/dL",
    stale_after: 900,
    thresholds: { urgent_low: 55, low: 70, high: 180, urgent_high: 250 },
    readings: known,
    treatments: [],
    latest: [NOON, 112, 0],
    fresh_until: NOON + 15 * MINUTE,
    newest_at: NOON,
    delta: 4.2,
    direction: "forty_five_up",
    range: "in_range",
    sensor_status: "ok",
    last_bolus: null,
    status: { insulin_on_board: null, carbs_on_board: null },
    forecast: null,
    low_in: null,
    alarms: { active: null, snoozed_until: null },
    ...changes,
  };
}

/** Return a format of somebody in London. */
export function format(
  language = "en",
  changes: Partial<Record<"number_format" | "time_format", string>> = {},
): Format {
  return new Format({
    locale: {
      language,
      number_format: "language",
      time_format: "language",
      time_zone: "server",
      ...changes,
    },
    config: { time_zone: "Europe/London" },
  });
}
