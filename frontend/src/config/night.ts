/** Whether a wall is to be dark. */

/** Minutes since midnight, null if the text is no time of the day. */
function minutes(text: string | undefined): number | null {
  const found = /^(\d{1,2}):(\d{2})/.exec(text ?? "");
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/**
 * Return whether a moment is between two times of the day.
 *
 * @param from - Such as `22:00`; may be later than `until`, across midnight.
 * @param timeZone - IANA name; the browser's own if undefined.
 */
export function isNight(
  now: number,
  from: string | undefined,
  until: string | undefined,
  timeZone: string | undefined,
): boolean {
  const begin = minutes(from);
  const end = minutes(until);
  if (begin === null || end === null || !Number.isFinite(now)) {
    return false;
  }
  const [hour, minute] = new Intl.DateTimeFormat("en", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timeZone && { timeZone }),
  })
    .format(now)
    .split(":");
  const time = Number(hour) * 60 + Number(minute);
  return begin <= end
    ? begin <= time && time < end
    : begin <= time || time < end;
}
