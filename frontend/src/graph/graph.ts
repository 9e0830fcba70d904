/** A graph as numbers and paths: everything but elements. */

import type {
  Forecast,
  Range,
  Reading,
  Thresholds,
  Treatment,
} from "../feed/message";
import { RANGES } from "../judge/range";
import { dots, dotSize, expectation, line, type Expectation } from "./curve";
import { scale, span, xOf, yOf, type Frame } from "./frame";
import { labelled, marks, type Mark } from "./marks";
import { ticks } from "./ticks";

/** Pixels above and below the plot. */
const HOURS_LANE = 18;
const CARBS_LANE = 26;
const INSULIN_LANE = 30;
const EDGE = 4;

/** Pixels from a line to the foot of what is written below or above it. */
const BELOW = 12;
const ABOVE = -4;

/** Pixels below which a drawing has room for readings only. */
const LOW = 165;

/** Pixels that a character takes at most. */
const CHARACTER = 6.2;

export interface Input {
  readonly readings: readonly Reading[];
  readonly treatments: readonly Treatment[];
  readonly thresholds: Thresholds;
  /** Null if none is known, or nothing current to begin it with. */
  readonly forecast: Forecast | null;
  readonly now: number;
  readonly hours: number;
  readonly width: number;
  readonly height: number;
  readonly timeZone: string | undefined;
  readonly amountOf: (mark: Mark) => string;
}

export interface Band {
  readonly range: Range;
  readonly y: number;
  readonly height: number;
}

/** A threshold, which is written on the side where readings are rare. */
export interface Limit {
  readonly mgdl: number;
  readonly y: number;
  readonly textY: number;
}

/** A mark with what is written beside it, empty where there is no room. */
export interface WrittenMark extends Mark {
  readonly text: string;
}

export interface Graph {
  readonly frame: Frame;
  /** The readings within the frame, oldest first. */
  readonly readings: readonly Reading[];
  readonly bands: readonly Band[];
  /** Where the thresholds that limit the range are. */
  readonly limits: readonly Limit[];
  readonly hours: readonly { readonly x: number; readonly at: number }[];
  readonly line: string;
  readonly dots: Readonly<Record<Range, string>>;
  readonly dotSize: number;
  readonly expectation: Expectation | null;
  readonly marks: readonly WrittenMark[];
  /** Where carbs are written, and where insulin stands. */
  readonly carbsY: number;
  readonly insulinY: number;
}

/** Return a graph. */
export function graph(input: Input): Graph {
  const { forecast, now, hours, width, height, thresholds, timeZone } = input;
  const ahead = forecast
    ? forecast.start + forecast.period * (forecast.mgdl.length - 1) - now
    : 0;
  const { start, end } = span(now, hours, ahead);
  const readings = input.readings.filter(([at]) => at >= start);
  const treatments = height < LOW ? [] : input.treatments;
  const has = lanes(treatments, start);
  const insulinY = height - HOURS_LANE - 2;
  const frame: Frame = {
    width,
    start,
    end,
    top: has.carbs ? CARBS_LANE : EDGE,
    bottom: insulinY - (has.insulin ? INSULIN_LANE : EDGE),
    ...scale(readings, thresholds),
  };
  return {
    frame,
    readings,
    bands: bands(frame, thresholds),
    limits: [
      limit(frame, thresholds.low, BELOW),
      limit(frame, thresholds.high, ABOVE),
    ],
    hours: ticks(start, end, hours, width, timeZone).map((at) => ({
      at,
      x: xOf(frame, at),
    })),
    line: line(readings, frame),
    dots: dots(readings, frame, thresholds),
    dotSize: dotSize(readings, frame),
    expectation: forecast && expectation(forecast, frame),
    marks: written({ ...input, treatments }, frame),
    carbsY: 8,
    insulinY,
  };
}

/** Return a threshold, written so far from its line. */
function limit(frame: Frame, mgdl: number, away: number): Limit {
  const y = yOf(frame, mgdl);
  return { mgdl, y, textY: y + away };
}

/** Return which lanes a graph needs. */
function lanes(
  treatments: readonly Treatment[],
  start: number,
): { carbs: boolean; insulin: boolean } {
  const seen = treatments.filter(([at]) => at >= start);
  return {
    carbs: seen.some(([, , carbs]) => carbs !== null),
    insulin: seen.some(([, insulin]) => insulin !== null),
  };
}

/** Return the bands between the thresholds, from the lowest. */
function bands(frame: Frame, thresholds: Thresholds): readonly Band[] {
  const { urgent_low, low, high, urgent_high } = thresholds;
  const tops: Readonly<Record<Range, number>> = {
    urgent_low,
    low,
    in_range: high,
    high: urgent_high,
    urgent_high: frame.highest,
  };
  let below = frame.bottom;
  return RANGES.map((range) => {
    const y = yOf(frame, tops[range]);
    const height = below - y;
    below = y;
    return { range, y, height };
  });
}

/** Return the marks, with text where there is room for it. */
function written(
  { treatments, now, width, amountOf }: Input,
  frame: Frame,
): readonly WrittenMark[] {
  const all = marks(treatments, frame, now);
  const widthOf = (mark: Mark): number => amountOf(mark).length * CHARACTER;
  const carbs = all.filter(({ kind }) => kind === "carbs");
  const boluses = all.filter(({ kind }) => kind === "bolus");
  const named = new Set([
    ...labelled(carbs, widthOf, width),
    ...labelled(boluses, widthOf, width),
  ]);
  return all.map((mark) => ({
    ...mark,
    text: named.has(mark) ? amountOf(mark) : "",
  }));
}
