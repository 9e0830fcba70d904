/** Whether what is known may be shown as what is. */

import type { Person, Reading } from "../feed/message";

/** A card that hears nothing for so long is cut off; the integration knocks twice. */
export const CUT_OFF = 60_000;

export type Currentness =
  | { readonly kind: "current"; readonly reading: Reading }
  /** No reading for so many milliseconds. */
  | { readonly kind: "stale"; readonly age: number }
  | {
      readonly kind:
        | "disconnected"
        | "no_data"
        | "sensor_error"
        | "unavailable"
        | "waiting"
        | "warmup";
    };

/**
 * Return whether the newest reading is current, and if not, why.
 *
 * @param person - What is known; null before anything is.
 * @param now - The integration's present, epoch milliseconds.
 * @param silence - For how many milliseconds nothing was heard.
 */
export function currentness(
  person: Person | null,
  now: number,
  silence: number,
): Currentness {
  if (!person) {
    return { kind: "waiting" };
  }
  if (silence >= CUT_OFF) {
    return { kind: "disconnected" };
  }
  if (!person.available) {
    return { kind: "unavailable" };
  }
  const { fresh_until, latest, newest_at, sensor_status } = person;
  if (latest && fresh_until !== null && now < fresh_until) {
    return { kind: "current", reading: latest };
  }
  if (sensor_status === "warmup" || sensor_status === "sensor_error") {
    return { kind: sensor_status };
  }
  if (newest_at === null) {
    return { kind: "no_data" };
  }
  return { kind: "stale", age: now - newest_at };
}

/**
 * Return a person without what nobody knows any more once the card is cut off.
 *
 * Readings and boluses say how old they are; what is on board, an alarm and what is
 * expected do not.
 *
 * @param person - What was told last; null before anything was.
 * @param currentness - What became of it.
 */
export function stillKnown(
  person: Person | null,
  { kind }: Currentness,
): Person | null {
  if (!person || (kind !== "disconnected" && kind !== "unavailable")) {
    return person;
  }
  return {
    ...person,
    status: { insulin_on_board: null, carbs_on_board: null },
    forecast: null,
    low_in: null,
    alarms: { active: null, snoozed_until: null },
  };
}
