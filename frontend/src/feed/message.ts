/** What the integration tells a card, and what the card remembers of it. */

/** Epoch milliseconds, mg/dL, and whether the value is only the sensor's limit. */
export type Reading = readonly [at: number, mgdl: number, limit: -1 | 0 | 1];

/** Epoch milliseconds, units of insulin, grams of carbs, decided by a loop. */
export type Treatment = readonly [
  at: number,
  insulin: number | null,
  carbs: number | null,
  isAutomatic: boolean,
];

/** Epoch milliseconds and a number that was true then. */
export type Reported = readonly [at: number, value: number];

export type Direction =
  | "double_up"
  | "single_up"
  | "forty_five_up"
  | "flat"
  | "forty_five_down"
  | "single_down"
  | "double_down";

export type Range = "urgent_low" | "low" | "in_range" | "high" | "urgent_high";

export type Level =
  | Exclude<Range, "in_range">
  | "low_soon"
  | "falling_fast"
  | "rising_fast"
  | "signal_lost";

export type Unit = "mg/dL" | "mmol/L";

export interface Thresholds {
  readonly urgent_low: number;
  readonly low: number;
  readonly high: number;
  readonly urgent_high: number;
}

export interface Forecast {
  /** Epoch milliseconds of the first value. */
  readonly start: number;
  /** Milliseconds from one value to the next. */
  readonly period: number;
  readonly mgdl: readonly number[];
  /** As many values, or none. */
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

export interface Person {
  /** Whether the integration follows the person at the moment. */
  readonly available: boolean;
  /** Of the config entry. */
  readonly entry_id: string;
  readonly name: string;
  readonly unit: Unit;
  /** Seconds. */
  readonly stale_after: number;
  readonly thresholds: Thresholds;
  /** The last day, oldest first. */
  readonly readings: readonly Reading[];
  readonly treatments: readonly Treatment[];
  /** The newest reading if the integration calls it current. */
  readonly latest: Reading | null;
  /** When the newest reading stops being current. */
  readonly fresh_until: number | null;
  /** What the age of the newest reading counts from, by a clock that is right. */
  readonly newest_at: number | null;
  /** mg/dL in five minutes. */
  readonly delta: number | null;
  readonly direction: Direction | null;
  readonly range: Range | null;
  readonly sensor_status: string;
  readonly last_bolus: Reported | null;
  readonly status: {
    readonly insulin_on_board: Reported | null;
    readonly carbs_on_board: Reported | null;
  };
  readonly forecast: Forecast | null;
  /** Minutes to an expected low. */
  readonly low_in: number | null;
  readonly alarms: {
    /** The worst that is raised and not snoozed. */
    readonly active: Level | null;
    /** Epoch milliseconds. */
    readonly snoozed_until: number | null;
  };
}

/** Only what changed; the first message after a silence has it all. */
export type Message = Partial<Person> & {
  /** The integration's clock, epoch milliseconds. */
  readonly now?: number;
  /** Whether the readings are all there are, not only new ones. */
  readonly replaces?: boolean;
};

const DAY = 86_400_000;

/**
 * Return what is known after a message, null while nothing is.
 *
 * A person who is not available at the moment is remembered as they were.
 */
export function merge(known: Person | null, message: Message): Person | null {
  const { readings, ...changes } = message;
  if (readings && message.replaces) {
    // The first message says everything, so nothing is missing.
    return { ...known, ...changes, readings } as Person;
  }
  if (!known) {
    return null;
  }
  return {
    ...known,
    ...changes,
    readings: readings ? merged(known.readings, readings) : known.readings,
  };
}

/** Return known and new readings, oldest first; a correction wins. */
function merged(
  known: readonly Reading[],
  news: readonly Reading[],
): readonly Reading[] {
  const all = new Map(known.map((reading) => [reading[0], reading]));
  for (const reading of news) {
    all.set(reading[0], reading);
  }
  const readings = [...all.values()].sort(([a], [b]) => a - b);
  const newest = readings.at(-1)?.[0] ?? 0;
  return readings.filter(([at]) => at > newest - DAY);
}
