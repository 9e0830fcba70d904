/** The graph of a person's hours, and what is under a finger. */

import {
  html,
  LitElement,
  nothing,
  svg,
  type PropertyValues,
  type TemplateResult,
} from "lit";

import type { Person, Reading } from "../feed/message";
import { draw } from "../graph/draw";
import { timeAt, xOf, yOf } from "../graph/frame";
import { graph, type Graph } from "../graph/graph";
import type { Mark } from "../graph/marks";
import { around, expected, nearest, reach } from "../graph/nearest";
import { rangeOfReading } from "../judge/range";
import { fill } from "../words";
import type { Format } from "../words/format";
import { graphStyles } from "./styles";

/** What is pointed at: a moment, and what was or is expected then. */
interface Pointed {
  readonly at: number;
  readonly mgdl: number;
  readonly reading: Reading | null;
}

const MINUTE = 60_000;

/** Pixels below which there is nothing to be seen. */
const LEAST = 48;

export class GlucoseFollowGraph extends LitElement {
  static override properties = {
    person: { attribute: false },
    format: { attribute: false },
    now: { attribute: false },
    hours: { attribute: false },
    isLarge: { attribute: false },
    isCurrent: { attribute: false },
    treatments: { attribute: false },
    forecast: { attribute: false },
    width: { state: true },
    height: { state: true },
    pointed: { state: true },
  };

  static override styles = graphStyles;

  declare person: Person;
  declare format: Format;
  declare now: number;
  declare hours: number;
  /** Whether it is to be seen from afar. */
  declare isLarge: boolean;
  declare isCurrent: boolean;
  declare treatments: boolean;
  declare forecast: boolean;
  declare private width: number;
  declare private height: number;
  declare private pointed: Pointed | null;

  private graph: Graph | null = null;
  private readonly sizes = new ResizeObserver(([entry]) => {
    if (entry) {
      this.width = Math.round(entry.contentRect.width);
      this.height = Math.round(entry.contentRect.height);
    }
  });

  constructor() {
    super();
    this.width = 0;
    this.height = 0;
    this.pointed = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Pointing at something draws nothing again.
    if (changed.size > 1 || !changed.has("pointed" as never)) {
      const hasRoom = this.width >= LEAST && this.height >= LEAST;
      this.graph = hasRoom ? this.made() : null;
    }
  }

  /** How many pixels one of the drawing takes. */
  private get zoom(): number {
    const { width, height, isLarge } = this;
    const most = Math.min(width / 480, height / 150, 2);
    return isLarge ? Math.max(most, 1) : 1;
  }

  private made(): Graph {
    const { person, format } = this;
    return graph({
      readings: person.readings,
      treatments: this.treatments ? person.treatments : [],
      thresholds: person.thresholds,
      forecast: this.forecast && this.isCurrent ? person.forecast : null,
      now: this.now,
      hours: this.hours,
      width: this.width / this.zoom,
      height: this.height / this.zoom,
      timeZone: format.timeZone,
      amountOf: ({ kind, amount }: Mark) =>
        kind === "carbs" ? format.carbs(amount) : format.insulin(amount),
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { graph: drawn, pointed, person, format, width, height } = this;
    if (!drawn) {
      return nothing;
    }
    return html`
      <div
        class="graph ${this.isCurrent ? "" : "old"}"
        role="slider"
        tabindex="0"
        aria-label=${fill(format.words.graph, { hours: format.hours(this.hours) })}
        aria-orientation="horizontal"
        aria-valuemin="0"
        aria-valuemax=${Math.max(drawn.readings.length - 1, 0)}
        aria-valuenow=${Math.max(nearest(drawn.readings, pointed?.at ?? Infinity), 0)}
        aria-valuetext=${this.said(pointed ?? this.newest(drawn))}
        @pointermove=${this.point}
        @pointerdown=${this.point}
        @pointerleave=${this.leave}
        @pointercancel=${this.leave}
        @blur=${this.leave}
        @keydown=${this.press}
      >
        <svg
          viewBox="0 0 ${drawn.frame.width} ${height / this.zoom}"
          width=${width}
          height=${height}
          aria-hidden="true"
        >
          ${draw(drawn, person.unit, format)}
          ${pointed ? this.cross(pointed, drawn) : nothing}
        </svg>
        ${pointed ? this.details(pointed, drawn) : nothing}
      </div>
    `;
  }

  private cross({ at, mgdl, reading }: Pointed, { frame }: Graph) {
    const x = xOf(frame, at);
    const range = reading
      ? rangeOfReading(reading, this.person.thresholds)
      : "expected";
    return svg`<g class="cross">
      <path d="M${x} ${frame.top}V${frame.bottom}" />
      <circle class=${range} cx=${x} cy=${yOf(frame, mgdl)} r="5.5" />
    </g>`;
  }

  private details(pointed: Pointed, { frame }: Graph): TemplateResult {
    const share = Math.min(
      Math.max(xOf(frame, pointed.at) / frame.width, 0),
      1,
    );
    const done = this.done(pointed, frame.end - frame.start);
    return html`<div
      class="details"
      aria-hidden="true"
      style="left:${share * 100}%;transform:translateX(${-share * 100}%)"
    >
      <span class="what">${this.what(pointed)}</span>
      ${done.map((text) => html`<span class="done">${text}</span>`)}
    </div>`;
  }

  /** Return what a screen reader says of a moment. */
  private said(pointed: Pointed | null): string {
    return pointed
      ? [
          this.what(pointed),
          ...this.done(pointed, this.hours * 60 * MINUTE),
        ].join(", ")
      : this.format.words.notice.no_data;
  }

  private what({ at, mgdl, reading }: Pointed): string {
    const { format, person } = this;
    const time = format.time(at);
    if (reading) {
      const range = rangeOfReading(reading, person.thresholds);
      return `${time} · ${format.readingInWords(reading, person.unit)} · ${format.words.range[range]}`;
    }
    const value = `${format.glucose(mgdl, person.unit)} ${person.unit}`;
    return fill(format.words.expected, { time, value });
  }

  private done({ at, reading }: Pointed, shown: number): string[] {
    return reading && this.treatments
      ? around(this.person.treatments, at, reach(shown, this.width)).map(
          (treatment) => this.format.treatment(treatment),
        )
      : [];
  }

  private newest({ readings }: Graph): Pointed | null {
    return pointedAt(readings.at(-1));
  }

  private readonly point = (event: PointerEvent): void => {
    const { graph: drawn } = this;
    if (!drawn) {
      return;
    }
    const box = (event.currentTarget as Element).getBoundingClientRect();
    this.pointed = this.at(
      timeAt(drawn.frame, (event.clientX - box.left) / this.zoom),
      drawn,
    );
  };

  /** Return what is at a moment: a reading, or what is expected. */
  private at(at: number, { readings }: Graph): Pointed | null {
    const { forecast } = this.person;
    const last = readings.at(-1);
    if (forecast && this.forecast && this.isCurrent && last && at > last[0]) {
      const found = expected(forecast, at);
      if (found && found[0] > last[0]) {
        return { at: found[0], mgdl: found[1], reading: null };
      }
    }
    return pointedAt(readings[nearest(readings, at)]);
  }

  private readonly leave = (): void => {
    this.pointed = null;
  };

  private readonly press = (event: KeyboardEvent): void => {
    const readings = this.graph?.readings ?? [];
    const last = readings.length - 1;
    const present = this.pointed ? nearest(readings, this.pointed.at) : last;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: present - 1,
      ArrowRight: present + 1,
      ArrowDown: present - 1,
      ArrowUp: present + 1,
      PageDown: present - 12,
      PageUp: present + 12,
      Home: 0,
      End: last,
    };
    const step = steps[event.key];
    if (event.key === "Escape") {
      this.pointed = null;
    } else if (step !== undefined) {
      event.preventDefault();
      this.pointed = pointedAt(readings[Math.min(Math.max(step, 0), last)]);
    }
  };
}

function pointedAt(reading: Reading | undefined): Pointed | null {
  return reading ? { at: reading[0], mgdl: reading[1], reading } : null;
}
