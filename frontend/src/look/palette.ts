/** The card's own colours; all others are the theme's. */

import type { Range } from "../feed/message";
import { RANGES } from "../judge/range";

export interface Palette {
  /** What is written in a colour. */
  readonly text: Readonly<Record<Range, string>>;
  /** What is drawn in a colour. */
  readonly dot: Readonly<Record<Range, string>>;
  readonly bolus: string;
  readonly carbs: string;
}

export const LIGHT: Palette = {
  text: {
    urgent_low: "#a3123a",
    low: "#c02a24",
    in_range: "#1a7051",
    high: "#8f5300",
    urgent_high: "#9a3f00",
  },
  dot: {
    urgent_low: "#b3123f",
    low: "#df453c",
    in_range: "#23916a",
    high: "#c97200",
    urgent_high: "#b34a00",
  },
  bolus: "#2b66c4",
  carbs: "#8447bd",
};

export const DARK: Palette = {
  text: {
    urgent_low: "#ff8098",
    low: "#ff8f85",
    in_range: "#62d0a6",
    high: "#f3b858",
    urgent_high: "#ff9d5c",
  },
  dot: {
    urgent_low: "#ff5577",
    low: "#ff7d72",
    in_range: "#45bd90",
    high: "#eca93b",
    urgent_high: "#ff8a3d",
  },
  bolus: "#7fb0ff",
  carbs: "#c79bf0",
};

/** How strongly a range tints its band of the graph. */
export const TINT: Readonly<Record<Range, number>> = {
  urgent_low: 0.14,
  low: 0.08,
  in_range: 0.1,
  high: 0.05,
  urgent_high: 0.09,
};

/** How strongly a range tints the word that names it. */
export const CHIP = 0.13;

/** How bright a wall is at night, while all is well. */
export const NIGHT = 0.65;

/** Return a palette as declarations of a style sheet. */
export function declarations(palette: Palette): string {
  const colours = RANGES.flatMap((range) => [
    [`text-${range}`, palette.text[range]],
    [`dot-${range}`, palette.dot[range]],
  ]);
  colours.push(["bolus", palette.bolus], ["carbs", palette.carbs]);
  return colours.map(([name, value]) => `--gf-${name}:${value};`).join("");
}
