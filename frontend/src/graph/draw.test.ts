// @vitest-environment happy-dom
import { html, render } from "lit";
import { expect, test } from "vitest";

import type { Treatment } from "../feed/message";
import { format, HOUR, MINUTE, NOON, person, readings } from "../testing";
import { draw } from "./draw";
import { graph, type Input } from "./graph";

const treatments: Treatment[] = [
  [NOON - 2 * HOUR, null, 45, false],
  [NOON - 2 * HOUR, 3.5, null, false],
  [NOON - HOUR, 0.3, null, true],
];

/** Return a graph as it is on a page. */
function drawn(changes: Partial<Input> = {}): SVGElement {
  const known = person();
  const input: Input = {
    readings: readings([60, 100, 200]),
    treatments,
    thresholds: known.thresholds,
    forecast: null,
    now: NOON,
    hours: 3,
    width: 400,
    height: 220,
    timeZone: "UTC",
    amountOf: ({ kind, amount }) =>
      kind === "carbs" ? `${amount} g` : `${amount} U`,
    ...changes,
  };
  const page = document.createElement("div");
  render(html`<svg>${draw(graph(input), known.unit, format())}</svg>`, page);
  return page.querySelector("svg")!;
}

const plain = (text: string | null): string =>
  (text ?? "")
    .replace(/[\u2066-\u2069]/g, "")
    .replace(/\s+/g, " ")
    .trim();

test("readings, limits, hours and amounts are drawn", () => {
  const svg = drawn();

  expect(svg.querySelectorAll(".bands rect")).toHaveLength(5);
  expect(svg.querySelectorAll(".dots path")).toHaveLength(5);
  expect(svg.querySelector(".dots .low")?.getAttribute("d")).toMatch(/^M.*h0$/);
  expect(svg.querySelector(".dots .urgent_low")?.getAttribute("d")).toBe("");
  expect(svg.querySelectorAll(".limits path")).toHaveLength(2);
  expect(
    [...svg.querySelectorAll(".values text")].map((each) => each.textContent),
  ).toEqual(["70", "180"]);
  expect(svg.lastElementChild).toBe(svg.querySelector(".values"));
  expect(plain(svg.querySelector("text.carbs")!.textContent)).toBe("45 g");
  expect(plain(svg.querySelector("text.bolus")!.textContent)).toBe("3.5 U");
  expect(plain(svg.querySelector("text.automatic")!.textContent)).toBe("");
  expect(svg.querySelectorAll(".newest")).toHaveLength(1);
  expect(svg.querySelector(".expected")).toBeNull();
});

test("hours at the edges stay within the drawing", () => {
  const anchors = [...drawn().querySelectorAll(".hours text")].map((text) =>
    text.getAttribute("text-anchor"),
  );

  expect(anchors[0]).toBe("start");
  expect(anchors[1]).toBe("middle");
  expect(anchors.at(-1)).toBe("end");
});

test("a forecast is drawn", () => {
  const forecast = {
    start: NOON,
    period: 5 * MINUTE,
    mgdl: [200, 205, 210],
    lowest: [200, 201, 202],
    highest: [200, 209, 218],
  };

  const svg = drawn({ forecast });

  expect(svg.querySelector(".area")?.getAttribute("d")).toMatch(/Z$/);
  expect(svg.querySelector(".middle")?.getAttribute("d")).toMatch(/^M/);
});

test("nothing is called the newest without readings", () => {
  expect(drawn({ readings: [] }).querySelector(".newest")).toBeNull();
});

test("carbs are round and insulin is not: colour is not their only sign", () => {
  const svg = drawn();

  expect(svg.querySelector("circle.carbs")).not.toBeNull();
  expect(svg.querySelector("rect.bolus")).not.toBeNull();
  expect(svg.querySelector("rect.automatic")?.getAttribute("width")).not.toBe(
    svg.querySelector("rect.bolus")?.getAttribute("width"),
  );
});
