/** Readings and forecast as paths of an SVG. */

import type { Forecast, Range, Reading, Thresholds } from "../feed/message";
import { rangeOfReading, RANGES } from "../judge/range";
import { round, xOf, yOf, type Frame } from "./frame";

const MINUTE = 60_000;

/** Two lost readings are bridged, three are a gap. */
const LOST = 3.5;
const SHORTEST_GAP = 11 * MINUTE;

/** Return the usual time between two readings, in milliseconds. */
export function period(readings: readonly Reading[]): number {
  const steps: number[] = [];
  readings.reduce(
    ([before], reading) => {
      steps.push(reading[0] - before);
      return reading;
    },
    readings[0] ?? [0],
  );
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 5 * MINUTE;
}

/** Return how wide a reading is drawn, in pixels: close ones are small. */
export function dotSize(readings: readonly Reading[], frame: Frame): number {
  const { start, end, width } = frame;
  const apart = (period(readings) / (end - start)) * width;
  return round(Math.min(Math.max(apart * 0.75, 3), 6));
}

/**
 * Return a path of dots for each range.
 *
 * A dot is a line without length and with round ends: thousands of elements
 * would take long to draw, five paths do not.
 */
export function dots(
  readings: readonly Reading[],
  frame: Frame,
  thresholds: Thresholds,
): Readonly<Record<Range, string>> {
  const paths = Object.fromEntries(
    RANGES.map((range) => [range, ""]),
  ) as Record<Range, string>;
  for (const reading of readings) {
    const [at, mgdl] = reading;
    paths[rangeOfReading(reading, thresholds)] +=
      `M${xOf(frame, at)} ${yOf(frame, mgdl)}h0`;
  }
  return paths;
}

/** Return the line through the readings, broken where there are none. */
export function line(readings: readonly Reading[], frame: Frame): string {
  const longest = Math.max(LOST * period(readings), SHORTEST_GAP);
  let path = "";
  let before = -Infinity;
  for (const [at, mgdl] of readings) {
    const step = at - before > longest ? "M" : "L";
    path += `${step}${xOf(frame, at)} ${yOf(frame, mgdl)}`;
    before = at;
  }
  return path;
}

/** The likely future: around it, and through its middle. */
export interface Expectation {
  readonly area: string;
  readonly middle: string;
}

/** Return how a forecast is drawn, null if none of it is to be seen. */
export function expectation(
  forecast: Forecast,
  frame: Frame,
): Expectation | null {
  const { start, period: step, mgdl, lowest, highest } = forecast;
  const count = mgdl.filter((_, i) => start + i * step <= frame.end).length;
  if (count < 2) {
    return null;
  }
  const points = (values: readonly number[]): readonly string[] =>
    values
      .slice(0, count)
      .map(
        (value, i) => `${xOf(frame, start + i * step)} ${yOf(frame, value)}`,
      );
  const isWide = lowest.length >= count && highest.length >= count;
  const around = isWide
    ? [...points(highest), ...[...points(lowest)].reverse()]
    : [];
  return {
    area: isWide ? `M${around.join("L")}Z` : "",
    middle: `M${points(mgdl).join("L")}`,
  };
}
