/** The hours below the graph. */

const QUARTER = 900_000;

const STEPS: Readonly<Record<number, number>> = { 3: 1, 6: 1, 12: 2, 24: 4 };

/** Pixels that an hour needs to be read. */
const ROOM = 44;

const formatters = new Map<string | undefined, Intl.DateTimeFormat>();

/**
 * Return the full hours to write, epoch milliseconds, oldest first.
 *
 * @param hours - How many the graph shows.
 * @param width - Pixels; a narrow graph gets fewer.
 * @param timeZone - IANA name; the browser's own if undefined.
 */
export function ticks(
  start: number,
  end: number,
  hours: number,
  width: number,
  timeZone: string | undefined,
): readonly number[] {
  let step = STEPS[hours] ?? 1;
  while ((hours / step) * ROOM > width) {
    step *= 2;
  }
  const found = [];
  // In quarters, because some time zones are not whole hours apart.
  for (let at = Math.ceil(start / QUARTER) * QUARTER; at < end; at += QUARTER) {
    const { hour, isFull } = clock(at, timeZone);
    if (isFull && hour % step === 0) {
      found.push(at);
    }
  }
  return found;
}

/** Return the hour of a moment, and whether it is a full one. */
function clock(
  at: number,
  timeZone: string | undefined,
): { hour: number; isFull: boolean } {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en", {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(timeZone && { timeZone }),
    });
    formatters.set(timeZone, formatter);
  }
  const time = formatter.format(at);
  return { hour: parseInt(time, 10), isFull: time.endsWith(":00") };
}
