/** How everything looks: the theme's colours, and a few of our own. */

import { css, unsafeCSS, type CSSResult } from "lit";

import type { Range } from "../feed/message";
import { RANGES } from "../judge/range";
import { CHIP, DARK, declarations, LIGHT, NIGHT, TINT } from "../look/palette";

/** Our own colours; elements inside inherit them. */
export const colours = css`
  :host {
    ${unsafeCSS(declarations(LIGHT))}
  }
  :host([dark]) {
    ${unsafeCSS(declarations(DARK))}
  }
`;

/** Return rules of which each range has one. */
function each(rule: (range: Range) => string): CSSResult {
  return unsafeCSS(RANGES.map(rule).join("\n"));
}

export const graphStyles = css`
  :host {
    display: block;
    position: relative;
    min-height: 0;
    /* Time goes from left to right in every language. */
    direction: ltr;
  }
  .graph {
    position: absolute;
    inset: 0;
    border-radius: 8px;
    outline: none;
    cursor: crosshair;
    touch-action: pan-y;
    -webkit-tap-highlight-color: transparent;
  }
  .graph:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    display: block;
    overflow: visible;
    font-family: inherit;
  }
  text {
    font-size: 11px;
    fill: var(--secondary-text-color);
    font-variant-numeric: tabular-nums;
    paint-order: stroke;
    stroke: var(--card-background-color, #fff);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  .bands rect {
    stroke: none;
  }
  ${each((range) => `.bands .${range}{fill:var(--gf-dot-${range});opacity:${TINT[range]}}`)}
  .hours path {
    stroke: var(--divider-color);
    stroke-width: 1;
    opacity: 0.6;
    shape-rendering: crispEdges;
  }
  .limits path {
    stroke: var(--secondary-text-color);
    stroke-width: 1;
    stroke-dasharray: 2 4;
    opacity: 0.55;
  }
  .line {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 1.5;
    stroke-linejoin: round;
    opacity: 0.35;
  }
  .dots path {
    fill: none;
    stroke-linecap: round;
  }
  ${each((range) => `.dots .${range}{stroke:var(--gf-dot-${range})}`)}
  .newest {
    fill: none;
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
  }
  .expected .area {
    fill: var(--secondary-text-color);
    opacity: 0.16;
  }
  .expected .middle {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 1.5;
    stroke-dasharray: 1 4;
    stroke-linecap: round;
  }
  .marks .bolus,
  .marks .automatic {
    fill: var(--gf-bolus);
  }
  .marks .automatic {
    opacity: 0.55;
  }
  .marks .carbs {
    fill: var(--gf-carbs);
  }
  .cross path {
    stroke: var(--primary-text-color);
    stroke-width: 1;
    opacity: 0.5;
  }
  .cross circle {
    stroke: var(--card-background-color, #fff);
    stroke-width: 2;
    fill: var(--secondary-text-color);
  }
  ${each((range) => `.cross .${range}{fill:var(--gf-dot-${range})}`)}
  .old .dots path,
  .old .newest {
    stroke: var(--gf-old, var(--secondary-text-color));
  }
  .old .dots {
    opacity: 0.7;
  }
  .details {
    position: absolute;
    top: -8px;
    display: flex;
    flex-direction: column;
    gap: 2px;
    padding: 6px 10px;
    border-radius: 10px;
    font-size: 13px;
    line-height: 1.35;
    white-space: nowrap;
    pointer-events: none;
    color: var(--primary-text-color);
    background: var(--card-background-color, #fff);
    box-shadow:
      0 0 0 1px var(--divider-color),
      0 4px 14px rgb(0 0 0 / 18%);
    font-variant-numeric: tabular-nums;
  }
  .details .what {
    font-weight: 500;
    unicode-bidi: plaintext;
  }
  .details .done {
    color: var(--secondary-text-color);
    unicode-bidi: plaintext;
  }
`;

export const personStyles = css`
  ${colours}
  :host {
    display: block;
    container-type: inline-size;
    color: var(--primary-text-color);
  }
  * {
    box-sizing: border-box;
  }
  .person {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 16px;
  }
  .top {
    display: flex;
    justify-content: space-between;
    align-items: flex-start;
    gap: 12px;
    min-height: 108px;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: none;
    margin: 0;
    padding: 0;
    cursor: pointer;
    text-align: start;
    -webkit-tap-highlight-color: transparent;
  }
  button:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 4px;
    border-radius: 8px;
  }
  .head {
    display: flex;
    flex-direction: column;
    min-width: 0;
  }
  .name {
    font-size: 14px;
    line-height: 20px;
    font-weight: 500;
    color: var(--secondary-text-color);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .now {
    display: flex;
    align-items: center;
    gap: 8px;
    height: 64px;
  }
  .value {
    font-size: 60px;
    line-height: 64px;
    font-weight: 500;
    letter-spacing: -0.03em;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  ${each((range) => (range === "in_range" ? "" : `.value.${range},.arrow.${range}{color:var(--gf-text-${range})}`))}
  .arrow {
    display: flex;
    flex: none;
  }
  .arrow svg {
    width: 40px;
    height: 40px;
  }
  svg {
    fill: none;
    stroke: currentcolor;
    stroke-width: 2.4;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .sub {
    font-size: 15px;
    line-height: 24px;
    color: var(--secondary-text-color);
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .sub .delta {
    color: var(--primary-text-color);
    font-weight: 500;
  }
  .side {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: 8px;
    min-width: 0;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 30px;
    padding: 4px 12px 4px 10px;
    padding-inline: 10px 12px;
    border-radius: 15px;
    font-size: 14px;
    line-height: 18px;
    font-weight: 500;
  }
  .sign {
    flex: none;
    width: 16px;
    height: 16px;
    stroke-width: 2.6;
  }
  ${each(
    (range) =>
      `.chip.${range}{color:var(--gf-text-${range});background:color-mix(in srgb,var(--gf-text-${range}) ${CHIP * 100}%,transparent)}`,
  )}
  .chip.notice {
    color: var(--primary-text-color);
    box-shadow: inset 0 0 0 2px var(--secondary-text-color);
  }
  .chip.quiet {
    color: var(--secondary-text-color);
    padding-inline: 0;
    font-weight: 400;
    min-height: 0;
  }
  .old .value {
    color: var(--gf-old, var(--secondary-text-color));
    text-decoration: line-through;
    text-decoration-thickness: 0.07em;
  }
  .snooze {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 40px;
    padding-inline: 14px 16px;
    border-radius: 20px;
    font-size: 14px;
    font-weight: 500;
    color: var(--card-background-color, #fff);
    background: var(--primary-text-color);
  }
  .alarmed .chip:not(.quiet) {
    box-shadow: inset 0 0 0 2px currentcolor;
    animation: alarm 1.6s ease-in-out infinite;
  }
  @keyframes alarm {
    50% {
      box-shadow:
        inset 0 0 0 2px currentcolor,
        0 0 0 5px color-mix(in srgb, currentcolor 30%, transparent);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .alarmed .chip:not(.quiet) {
      animation: none;
    }
  }
  glucose-follow-graph,
  .space {
    height: 224px;
  }
  @container (min-width: 640px) {
    glucose-follow-graph,
    .space {
      height: 288px;
    }
  }
  .below {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .facts {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(0, 1fr);
    gap: 12px;
    margin: 0;
    font-size: 13px;
    line-height: 18px;
  }
  .facts div {
    display: flex;
    flex-direction: column-reverse;
    justify-content: flex-end;
  }
  .facts dt {
    color: var(--secondary-text-color);
  }
  .facts dd {
    margin: 0;
    font-size: 16px;
    line-height: 22px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  .today {
    display: flex;
    flex-direction: column;
    gap: 6px;
    font-size: 13px;
    line-height: 18px;
  }
  .today .words {
    display: flex;
    justify-content: space-between;
    flex-wrap: wrap;
    gap: 0 12px;
    color: var(--secondary-text-color);
  }
  .today .words strong {
    font-weight: 500;
    color: var(--primary-text-color);
  }
  .bar {
    display: flex;
    gap: 2px;
    height: 8px;
    border-radius: 4px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .bar span {
    min-width: 2px;
  }
  ${each((range) => `.bar .${range}{background:var(--gf-dot-${range})}`)}
  .choice {
    position: absolute;
    inset-inline-end: 16px;
    top: 90px;
    z-index: 2;
    display: flex;
    flex-direction: column;
    padding: 6px;
    border-radius: 14px;
    background: var(--card-background-color, #fff);
    box-shadow:
      0 0 0 1px var(--divider-color),
      0 8px 28px rgb(0 0 0 / 24%);
  }
  .choice button {
    min-height: 44px;
    padding: 0 18px;
    border-radius: 10px;
    font-size: 15px;
  }
  .choice button:hover {
    background: color-mix(in srgb, var(--primary-text-color) 8%, transparent);
  }
  .refusal {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 60px;
    color: var(--secondary-text-color);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
    margin: 0;
  }

  /* A wall: one person fills what there is, to be read from four metres. */
  :host([wall]) {
    container-type: size;
    height: 100%;
  }
  [data-wall] {
    height: 100%;
    padding: 3cqmin 4cqmin;
    gap: 2cqmin;
  }
  [data-wall] .top {
    position: relative;
    min-height: 0;
  }
  [data-wall] .side {
    position: absolute;
    inset-block-start: 0;
    inset-inline-end: 0;
    flex-direction: row-reverse;
    align-items: center;
  }
  [data-wall] .head {
    max-width: 100%;
  }
  [data-wall] .name {
    font-size: clamp(18px, 5cqmin, 48px);
    line-height: 1.4;
    max-width: 40cqw;
  }
  [data-wall] .now {
    height: auto;
    gap: 2cqmin;
  }
  [data-wall] .value {
    font-size: min(30cqw, 44cqh);
    line-height: 1;
  }
  [data-wall] .arrow svg {
    width: min(18cqw, 28cqh);
    height: min(18cqw, 28cqh);
  }
  [data-wall] .sub {
    font-size: clamp(18px, 5.5cqmin, 52px);
    line-height: 1.4;
  }
  [data-wall] .chip {
    font-size: clamp(16px, 4.6cqmin, 40px);
    line-height: 1.2;
    min-height: 0;
    padding: 0.3em 0.7em;
    border-radius: 2em;
    white-space: nowrap;
  }
  [data-wall] .chip .sign {
    width: 1.1em;
    height: 1.1em;
  }
  [data-wall] glucose-follow-graph,
  [data-wall] .space {
    flex: 1;
    height: auto;
    min-height: 80px;
  }
  [data-wall] .facts,
  [data-wall] .today {
    font-size: clamp(13px, 2.4cqmin, 22px);
    line-height: 1.35;
  }
  [data-wall] .facts dd {
    font-size: clamp(16px, 3.4cqmin, 32px);
    line-height: 1.35;
  }
  [data-wall] .bar {
    height: clamp(8px, 1.6cqmin, 14px);
    border-radius: 1em;
  }
  [data-wall] .snooze {
    font-size: clamp(16px, 4cqmin, 32px);
    min-height: 48px;
    padding-inline: 0.8em 1em;
    border-radius: 2em;
    white-space: nowrap;
  }
  @container (min-aspect-ratio: 11/10) {
    [data-wall] .value {
      font-size: min(30cqw, 40cqh);
    }
    [data-wall] .below {
      flex-direction: row;
      align-items: flex-end;
      gap: 4cqw;
    }
    [data-wall] .below > * {
      flex: 1;
    }
  }
`;

export const cardStyles = css`
  :host {
    display: block;
    height: 100%;
  }
  ha-card {
    display: block;
    position: relative;
    height: 100%;
    overflow: hidden;
  }
  .wall {
    display: grid;
    grid-auto-flow: row;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
    grid-auto-rows: 1fr;
    gap: 1px;
    height: calc(100dvh - var(--header-height, 56px));
    min-height: 320px;
    background: var(--divider-color);
    overflow: hidden;
  }
  @media (orientation: portrait) {
    .wall {
      grid-template-columns: 1fr;
    }
  }
  .wall > * {
    background: var(--card-background-color, #fff);
  }
  .wall.night,
  .wall.night > * {
    background: #000;
  }
  .wall.night > * {
    --primary-text-color: #e1e1e1;
    --secondary-text-color: #e1e1e1;
    --gf-old: #9b9b9b;
    --divider-color: #333;
    --card-background-color: #000;
  }
  .wall.night > .calm {
    opacity: ${NIGHT};
  }
`;

export const badgeStyles = css`
  ${colours}
  :host {
    display: inline-block;
    -webkit-tap-highlight-color: transparent;
  }
  button {
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: var(--ha-badge-size, 36px);
    padding: 0 12px;
    font: inherit;
    color: var(--primary-text-color);
    background: var(--ha-card-background, var(--card-background-color, #fff));
    border: var(--ha-card-border-width, 1px) solid
      var(--ha-card-border-color, var(--divider-color, #e0e0e0));
    border-radius: var(--ha-badge-border-radius, 18px);
    box-shadow: var(--ha-card-box-shadow, none);
    cursor: pointer;
    white-space: nowrap;
  }
  button:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    flex: none;
    width: 20px;
    height: 20px;
    margin-inline-start: -4px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 2.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .info {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    line-height: 1.2;
  }
  .name {
    font-size: 10px;
    line-height: 11px;
    font-weight: 500;
    color: var(--secondary-text-color);
  }
  .value {
    font-size: 14px;
    line-height: 17px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
  }
  ${each((range) => (range === "in_range" ? "" : `.${range}{color:var(--gf-text-${range})}`))}
  .old .value {
    color: var(--secondary-text-color);
  }
  .old s {
    text-decoration-thickness: 2px;
  }
`;
