/** Every text that the card can show; a language says all of them. */

import type { Direction, Level, Range } from "../feed/message";

export interface Words {
  readonly card: { readonly name: string; readonly description: string };
  readonly badge: { readonly name: string; readonly description: string };
  readonly dashboard: {
    readonly name: string;
    readonly description: string;
    readonly nobody: string;
    readonly now: string;
    readonly treatments: string;
    readonly devices: string;
    readonly settings: string;
  };
  readonly range: Readonly<Record<Range, string>>;
  readonly direction: Readonly<Record<Direction, string>>;
  /** `{value}`: the sensor's limit with its unit. */
  readonly below: string;
  readonly above: string;
  readonly justNow: string;
  /** `{time}`: of the clock. */
  readonly lastReading: string;
  readonly notice: {
    /** `{duration}`: in words. */
    readonly stale: string;
    readonly disconnected: string;
    readonly unavailable: string;
    readonly waiting: string;
    readonly warmup: string;
    readonly sensor_error: string;
    readonly no_data: string;
    /** Of old readings, without how old they are. */
    readonly silent: string;
    readonly not_found: string;
    readonly unauthorized: string;
  };
  /** `{share}`: percent. */
  readonly today: {
    readonly label: string;
    readonly low: string;
    readonly in_range: string;
    readonly high: string;
  };
  readonly facts: {
    readonly insulin: string;
    readonly carbs: string;
    /** `{ago}`: in words. */
    readonly bolus: string;
  };
  /** `{amount}`: of insulin. */
  readonly units: string;
  /** `{amount}`: insulin with its unit. */
  readonly automatic: string;
  /** `{hours}`: how many, in words. */
  readonly graph: string;
  /** `{time}`: of the clock; `{value}`: with its unit. */
  readonly expected: string;
  /** `{duration}`: in words. */
  readonly lowIn: string;
  readonly alarm: {
    readonly level: Readonly<Record<Level, string>>;
    readonly snooze: string;
    /** `{duration}`: in words. */
    readonly snoozeFor: string;
    /** `{time}`: of the clock. */
    readonly snoozedUntil: string;
    readonly failed: string;
    readonly close: string;
  };
  readonly layouts: { readonly card: string; readonly wall: string };
  /** `{hours}`: how many. */
  readonly hours: string;
  readonly form: Readonly<Record<string, string>>;
  readonly help: Readonly<Record<string, string>>;
}

/** Return a text with its placeholders filled in. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
): string {
  return text.replace(
    /\{(\w+)\}/g,
    (hole, name: string) => values[name] ?? hole,
  );
}
