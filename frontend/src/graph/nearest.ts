/** What is under a finger. */

import type { Forecast, Reading, Treatment } from "../feed/message";

const MINUTE = 60_000;

/** Return the index of the reading nearest to a moment, -1 without any. */
export function nearest(readings: readonly Reading[], at: number): number {
  let found = -1;
  let least = Infinity;
  readings.forEach(([when], index) => {
    const distance = Math.abs(when - at);
    if (distance < least) {
      least = distance;
      found = index;
    }
  });
  return found;
}

/** Return what was done within `within` milliseconds of a moment. */
export function around(
  treatments: readonly Treatment[],
  at: number,
  within: number,
): readonly Treatment[] {
  return treatments.filter(([when]) => Math.abs(when - at) <= within);
}

/** Return the expected value at a moment and its time, null beyond the forecast. */
export function expected(
  forecast: Forecast,
  at: number,
): readonly [at: number, mgdl: number] | null {
  const index = Math.round((at - forecast.start) / forecast.period);
  const mgdl = forecast.mgdl[index];
  return mgdl === undefined
    ? null
    : [forecast.start + index * forecast.period, mgdl];
}

/** Return how far from a finger something may be, in milliseconds. */
export function reach(milliseconds: number, width: number): number {
  return Math.max((milliseconds / width) * 14, 4 * MINUTE);
}
