/** Insulin and carbs as marks above and below the curve. */

import type { Treatment } from "../feed/message";
import { xOf, type Frame } from "./frame";

export type MarkKind = "bolus" | "automatic" | "carbs";

/** What was given or eaten about the same time. */
export interface Mark {
  readonly kind: MarkKind;
  readonly x: number;
  /** Epoch milliseconds of the first. */
  readonly at: number;
  /** Units of insulin or grams of carbs, all together. */
  readonly amount: number;
  /** How large it is drawn, from 0 to 1. */
  readonly size: number;
}

/** Pixels within which marks of a kind become one. */
const TOGETHER: Readonly<Record<MarkKind, number>> = {
  bolus: 10,
  automatic: 22,
  carbs: 14,
};

/** The amount that is drawn largest. */
const LARGEST: Readonly<Record<MarkKind, number>> = {
  bolus: 10,
  automatic: 3,
  carbs: 80,
};

/** Return the marks of what was done until `now`, by kind and time. */
export function marks(
  treatments: readonly Treatment[],
  frame: Frame,
  now: number,
): readonly Mark[] {
  const seen = treatments.filter(([at]) => at >= frame.start && at <= now);
  return (["carbs", "automatic", "bolus"] as const).flatMap((kind) =>
    grouped(kind, seen, frame),
  );
}

/** Return the marks of a kind; what would overlap is added up. */
function grouped(
  kind: MarkKind,
  treatments: readonly Treatment[],
  frame: Frame,
): readonly Mark[] {
  const groups: Mark[] = [];
  for (const treatment of treatments) {
    const amount = amountOf(kind, treatment);
    if (amount === null) {
      continue;
    }
    const [at] = treatment;
    const x = xOf(frame, at);
    const last = groups.at(-1);
    if (last && x - last.x < TOGETHER[kind]) {
      groups[groups.length - 1] = sized({
        ...last,
        amount: last.amount + amount,
      });
    } else {
      groups.push(sized({ kind, x, at, amount, size: 0 }));
    }
  }
  return groups;
}

/** Return a mark with its size: its area, not its height, is the amount. */
function sized(mark: Mark): Mark {
  const share = Math.min(mark.amount / LARGEST[mark.kind], 1);
  return { ...mark, size: Math.sqrt(share) };
}

/** Return what a treatment adds to a kind of mark, null if nothing. */
function amountOf(
  kind: MarkKind,
  [, insulin, carbs, isAutomatic]: Treatment,
): number | null {
  if (kind === "carbs") {
    return carbs;
  }
  return isAutomatic === (kind === "automatic") ? insulin : null;
}

/**
 * Return the marks whose amounts can be written beside each other.
 *
 * The largest first: where there is no room for all, they matter most.
 *
 * @param widthOf - Returns how wide a mark's text is, in pixels.
 */
export function labelled(
  all: readonly Mark[],
  widthOf: (mark: Mark) => number,
  width: number,
): ReadonlySet<Mark> {
  const placed: Mark[] = [];
  for (const mark of [...all].sort((a, b) => b.size - a.size)) {
    const half = widthOf(mark) / 2;
    const isWithin = mark.x - half >= 0 && mark.x + half <= width;
    const isFree = placed.every(
      (other) => Math.abs(other.x - mark.x) >= half + widthOf(other) / 2 + 4,
    );
    if (isWithin && isFree) {
      placed.push(mark);
    }
  }
  return new Set(placed);
}
