/** Where moments and values are on the graph. */

import type { Reading, Thresholds } from "../feed/message";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** mg/dL at the bottom: no sensor goes below. */
const BOTTOM = 40;

/** mg/dL at the top; few, so that the graph keeps its scale. */
const TOPS = [250, 300, 350] as const;
const HIGHEST = 400;

/** A plot within its drawing: pixels from the top left, time and mg/dL. */
export interface Frame {
  readonly width: number;
  /** Where the plot begins and ends, below the top of the drawing. */
  readonly top: number;
  readonly bottom: number;
  /** Epoch milliseconds at the left and at the right. */
  readonly start: number;
  readonly end: number;
  /** mg/dL at the bottom and at the top. */
  readonly lowest: number;
  readonly highest: number;
}

/** Return where a moment is. */
export function xOf(frame: Frame, at: number): number {
  const { start, end, width } = frame;
  return round(((at - start) / (end - start)) * width);
}

/** Return where a value is; beyond the scale it stays at the edge. */
export function yOf(frame: Frame, mgdl: number): number {
  const { lowest, highest, top, bottom } = frame;
  const value = Math.min(Math.max(mgdl, lowest), highest);
  return round(
    bottom - ((value - lowest) / (highest - lowest)) * (bottom - top),
  );
}

/** Return the moment at a place. */
export function timeAt(frame: Frame, x: number): number {
  const { start, end, width } = frame;
  return start + (x / width) * (end - start);
}

/** Return a number as exact as a screen can show it. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * Return the span that a graph shows.
 *
 * It moves by whole minutes: nobody sees less, and drawing costs something.
 *
 * @param ahead - Milliseconds of forecast to make room for.
 */
export function span(
  now: number,
  hours: number,
  ahead: number,
): Pick<Frame, "start" | "end"> {
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const past = hours * HOUR;
  // The newest reading keeps a little distance from the edge.
  return {
    start: minute - past,
    end: minute + Math.max(Math.min(ahead, past / 6), past / 40),
  };
}

/** Return the values at the bottom and at the top of a graph. */
export function scale(
  readings: readonly Reading[],
  { high }: Thresholds,
): Pick<Frame, "lowest" | "highest"> {
  let most = high + 60;
  for (const [, mgdl] of readings) {
    most = Math.max(most, mgdl + 15);
  }
  return {
    lowest: BOTTOM,
    highest: TOPS.find((top) => top >= most) ?? HIGHEST,
  };
}
