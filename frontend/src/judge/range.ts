/** Where a value is, by a person's own thresholds. */

import type { Range, Reading, Thresholds } from "../feed/message";

/** From the lowest to the highest. */
export const RANGES: readonly Range[] = [
  "urgent_low",
  "low",
  "in_range",
  "high",
  "urgent_high",
];

/**
 * Return where a value is.
 *
 * A value alone, so without the hysteresis with which the integration leaves a
 * range: what is drawn beside the thresholds must agree with them.
 */
export function rangeOf(mgdl: number, thresholds: Thresholds): Range {
  if (mgdl <= thresholds.urgent_low) {
    return "urgent_low";
  }
  if (mgdl < thresholds.low) {
    return "low";
  }
  if (mgdl >= thresholds.urgent_high) {
    return "urgent_high";
  }
  return mgdl > thresholds.high ? "high" : "in_range";
}

/** Return where a reading is; a sensor's limit is always urgent. */
export function rangeOfReading(
  [, mgdl, limit]: Reading,
  thresholds: Thresholds,
): Range {
  if (limit !== 0) {
    return limit < 0 ? "urgent_low" : "urgent_high";
  }
  return rangeOf(mgdl, thresholds);
}
