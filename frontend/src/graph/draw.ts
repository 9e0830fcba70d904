/** A graph as elements. */

import { nothing, svg, type SVGTemplateResult } from "lit";

import { RANGES } from "../judge/range";
import type { Format } from "../words/format";
import type { Unit } from "../feed/message";
import { xOf, yOf } from "./frame";
import type { Graph, WrittenMark } from "./graph";

/** Pixels by which the corners of the plot are round. */
const ROUND = 8;

/** Pixels of the tallest bar, and of the largest circle's radius. */
const BAR = 16;
const RADIUS = 5;

/** Return the drawing of a graph, without the element around it. */
export function draw(
  graph: Graph,
  unit: Unit,
  format: Format,
): SVGTemplateResult {
  const { frame, limits, hours, expectation } = graph;
  const last = graph.readings.at(-1);
  return svg`
    <clipPath id="plot">
      <rect y=${frame.top} width=${frame.width} height=${frame.bottom - frame.top} rx=${ROUND} />
    </clipPath>
    <g class="bands" clip-path="url(#plot)">${graph.bands.map(
      ({ range, y, height }) =>
        svg`<rect class=${range} y=${y} width=${frame.width} height=${height} />`,
    )}</g>
    <g class="hours">${hours.map(
      ({ x, at }) => svg`
        <path d="M${x} ${frame.top}V${frame.bottom}" />
        <text x=${x} y=${graph.insulinY + 15} text-anchor=${anchor(x, frame.width)}>${isolated(format.hour(at))}</text>`,
    )}</g>
    <g class="limits">${limits.map(
      ({ y }) => svg`<path d="M0 ${y}H${frame.width}" />`,
    )}</g>
    <g class="marks">${graph.marks.map((mark) => drawMark(mark, graph))}</g>
    ${
      expectation
        ? svg`<g class="expected" clip-path="url(#plot)">
            <path class="area" d=${expectation.area} />
            <path class="middle" d=${expectation.middle} />
          </g>`
        : nothing
    }
    <path class="line" d=${graph.line} />
    <g class="dots" stroke-width=${graph.dotSize}>${RANGES.map(
      (range) => svg`<path class=${range} d=${graph.dots[range]} />`,
    )}</g>
    ${
      last
        ? svg`<circle class="newest" cx=${xOf(frame, last[0])} cy=${yOf(frame, last[1])}
            r=${graph.dotSize / 2 + 3} />`
        : nothing
    }
    <g class="values">${limits.map(
      // Last, or readings at the edge cover what a line stands for.
      ({ textY, mgdl }) =>
        svg`<text x="4" y=${textY}>${format.glucose(mgdl, unit)}</text>`,
    )}</g>`;
}

/** Return how an hour is written: within the drawing at its edges. */
function anchor(x: number, width: number): string {
  if (x < 16) {
    return "start";
  }
  return x > width - 16 ? "end" : "middle";
}

/** Return a mark: carbs are circles above the curve, insulin bars below it. */
function drawMark(
  { kind, x, size, text }: WrittenMark,
  { carbsY, insulinY }: Graph,
): SVGTemplateResult {
  if (kind === "carbs") {
    return svg`<circle class=${kind} cx=${x} cy=${carbsY - 1} r=${2.5 + size * (RADIUS - 2.5)} />
      <text class=${kind} x=${x} y=${carbsY + 15} text-anchor="middle">${isolated(text)}</text>`;
  }
  const height = 3 + size * (BAR - 3);
  const width = kind === "bolus" ? 5 : 3;
  return svg`<rect class=${kind} x=${x - width / 2} y=${insulinY - height}
      width=${width} height=${height} rx=${width / 2} />
    <text class=${kind} x=${x} y=${insulinY - height - 4} text-anchor="middle">${isolated(text)}</text>`;
}

/** Return a text that is read in its own direction, whatever is around it. */
function isolated(text: string): string {
  return text && `\u2068${text}\u2069`;
}
