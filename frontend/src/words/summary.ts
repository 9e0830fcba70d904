/** What a screen reader says of a person, in one sentence. */

import type { Person, Range } from "../feed/message";
import type { Currentness } from "../judge/currentness";
import { fill } from "./index";
import type { Format } from "./format";

type NotCurrent = Exclude<Currentness, { kind: "current" }>;

/** Return why a person's reading is not current, in a few words. */
export function notice(currentness: NotCurrent, format: Format): string {
  const { notice: texts } = format.words;
  return currentness.kind === "stale"
    ? fill(texts.stale, { duration: format.duration(currentness.age) })
    : texts[currentness.kind];
}

/** Return when the newest reading was, whatever its age; empty without one. */
export function lastReading(
  { newest_at }: Person,
  now: number,
  format: Format,
): string {
  return newest_at === null
    ? ""
    : fill(format.words.lastReading, { time: format.moment(newest_at, now) });
}

/**
 * Return value, range, direction, change and age, or why they are not known.
 *
 * @param range - Where the current reading is.
 */
export function summary(
  person: Person,
  name: string,
  currentness: Currentness,
  range: Range | null,
  now: number,
  format: Format,
): string {
  const { words } = format;
  const { direction, delta, unit } = person;
  const parts =
    currentness.kind === "current"
      ? [
          format.readingInWords(currentness.reading, unit),
          range && words.range[range],
          direction && words.direction[direction],
          delta !== null && format.delta(delta, unit),
          format.ago(now - currentness.reading[0]),
        ]
      : [notice(currentness, format), lastReading(person, now, format)];
  return [name, ...parts].filter(Boolean).join(", ");
}
