/** The few drawings that the card needs. */

import { svg, type SVGTemplateResult } from "lit";

import type { Direction, Range } from "../feed/message";

const TURN: Readonly<Record<Direction, number>> = {
  double_up: -90,
  single_up: -90,
  forty_five_up: -45,
  flat: 0,
  forty_five_down: 45,
  single_down: 90,
  double_down: 90,
};

const ONE = "M3.5 12h16M13 5.5l6.5 6.5-6.5 6.5";
const TWO = "M4 6.5h15M15 2.5l4 4-4 4M4 17.5h15M15 13.5l4 4-4 4";

/** Return an arrow; time goes from left to right, whatever the language. */
export function arrow(direction: Direction): SVGTemplateResult {
  const path = direction.startsWith("double") ? TWO : ONE;
  return svg`<svg class="arrow" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${path} transform="rotate(${TURN[direction]} 12 12)" />
  </svg>`;
}

/** What a chip or a button is about. */
export type Sign = Range | "notice" | "snooze" | "close";

const SIGNS: Readonly<Record<Sign, string>> = {
  urgent_low: "M5 5l7 7 7-7M5 12l7 7 7-7",
  low: "M5 9l7 7 7-7",
  in_range: "M5 12.5l4.5 4.5L19 7.5",
  high: "M5 15l7-7 7 7",
  urgent_high: "M5 12l7-7 7 7M5 19l7-7 7 7",
  notice: "M12 3.5L22 20.5H2ZM12 10v4.5M12 17.5v.2",
  snooze: "M5 5h6l-6 8h6M14 11h5l-5 7h5",
  close: "M6 6l12 12M18 6L6 18",
};

/** Return a sign: its shape says what its colour says. */
export function sign(what: Sign): SVGTemplateResult {
  return svg`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${SIGNS[what]} />
  </svg>`;
}
