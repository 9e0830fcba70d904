/** One person: value, arrow, age, graph, and what else is known. */

import {
  html,
  LitElement,
  nothing,
  type PropertyValues,
  type TemplateResult,
} from "lit";

import { hoursOf, type CardConfig } from "../config/config";
import type { Level, Person, Range } from "../feed/message";
import type { Hass } from "../hass";
import { rangeOfReading, RANGES } from "../judge/range";
import { startOfDay, timeInRanges } from "../judge/today";
import { fill } from "../words";
import type { Format } from "../words/format";
import { lastReading, notice, summary } from "../words/summary";
import { arrow, sign } from "./icons";
import { Live, type View } from "./live";
import { personStyles } from "./styles";

const MINUTE = 60_000;

/** Minutes that an alarm can be quiet; of an urgent low only the first ones. */
const SNOOZES = [15, 30, 60, 120] as const;
const URGENT_SNOOZE = 30;

export class GlucoseFollowPerson extends LitElement {
  static override properties = {
    hass: { attribute: false },
    config: { attribute: false },
    format: { attribute: false },
    entity: { type: String },
    wall: { type: Boolean, reflect: true },
    dark: { type: Boolean, reflect: true },
    isChoosing: { state: true },
    hasFailed: { state: true },
  };

  static override styles = personStyles;

  declare hass: Hass;
  declare config: CardConfig;
  declare format: Format;
  declare entity: string;
  declare wall: boolean;
  declare dark: boolean;
  declare private isChoosing: boolean;
  declare private hasFailed: boolean;

  private readonly live = new Live(this);

  constructor() {
    super();
    this.isChoosing = false;
    this.hasFailed = false;
  }

  protected override willUpdate(): void {
    this.live.follow(this.hass.connection, this.entity);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("isChoosing")) {
      this.focusOn(this.isChoosing ? ".choice button" : ".snooze");
    }
    const { currentness, person } = this.live.view();
    const isCalm =
      currentness.kind === "current" &&
      !person?.alarms.active &&
      this.rangeOf(person) === "in_range";
    this.classList.toggle("calm", isCalm);
  }

  protected override render(): TemplateResult {
    const view = this.live.view();
    const { person, currentness, refusal } = view;
    const isCurrent = currentness.kind === "current";
    if (refusal) {
      return this.refused(refusal);
    }
    const alarm = person?.alarms.active ?? null;
    return html`
      <div
        class="person ${isCurrent ? "" : "old"} ${alarm ? "alarmed" : ""}"
        ?data-wall=${this.wall}
      >
        <div class="top">
          ${this.head(view)}
          <div class="side">${this.side(view, alarm)}</div>
        </div>
        ${person ? this.graph(person, view) : html`<div class="space"></div>`}
        ${person ? this.below(person, view) : nothing}
        ${this.isChoosing && alarm ? this.choice(alarm) : nothing}
        <p class="unseen" role="status">${this.told(view, alarm)}</p>
      </div>
    `;
  }

  private refused(code: string): TemplateResult {
    const texts = this.format.words.notice;
    const text = code === "unauthorized" ? texts.unauthorized : texts.not_found;
    return html`<div class="person" ?data-wall=${this.wall}>
      <p class="refusal" role="status">${sign("notice")} ${text}</p>
    </div>`;
  }

  private head({ person, currentness, now }: View): TemplateResult {
    const { format } = this;
    const name =
      this.config.name && !this.wall ? this.config.name : person?.name;
    const range = this.rangeOf(person);
    const isCurrent = currentness.kind === "current";
    const shown = person?.latest ?? person?.readings.at(-1);
    const label =
      person && name
        ? summary(person, name, currentness, range, now, format)
        : format.words.notice.waiting;
    return html`<button class="head" aria-label=${label} @click=${this.more}>
      <span class="name">${name ?? "\u00a0"}</span>
      <span class="now">
        <span class="value ${isCurrent ? (range ?? "") : ""}"
          >${shown && person ? format.reading(shown, person.unit) : "–"}</span
        >
        ${
          isCurrent && person?.direction
            ? html`<span class="arrow ${range ?? ""}"
                >${arrow(person.direction)}</span
              >`
            : nothing
        }
      </span>
      <span class="sub">${this.sub(person, isCurrent, now)}</span>
    </button>`;
  }

  private sub(
    person: Person | null,
    isCurrent: boolean,
    now: number,
  ): TemplateResult | string {
    const { format } = this;
    if (!person?.newest_at) {
      return "\u00a0";
    }
    const { delta, unit, newest_at } = person;
    if (!isCurrent) {
      return lastReading(person, now, format);
    }
    const change =
      delta === null
        ? nothing
        : html`<span class="delta">${format.delta(delta, unit)}</span> `;
    return html`${change}<bdi>${unit}</bdi> · ${format.ago(now - newest_at)}`;
  }

  private side(
    { person, currentness, now }: View,
    alarm: Level | null,
  ): TemplateResult {
    const { words } = this.format;
    const range = this.rangeOf(person);
    if (currentness.kind !== "current") {
      return html`<span class="chip notice"
          >${sign("notice")}${notice(currentness, this.format)}</span
        >${alarm ? this.snoozeButton() : nothing}`;
    }
    if (alarm) {
      const kind = RANGES.find((known) => known === alarm) ?? range ?? "low";
      return html`<span class="chip ${kind}"
          >${sign(kind)}${words.alarm.level[alarm]}</span
        >${this.snoozeButton()}`;
    }
    return html`${
      range
        ? html`<span class="chip ${range}"
            >${sign(range)}${words.range[range]}</span
          >`
        : nothing
    }${this.aside(person, now)}`;
  }

  /** Return what is worth knowing beside the range. */
  private aside(
    person: Person | null,
    now: number,
  ): TemplateResult | typeof nothing {
    const { format } = this;
    const until = person?.alarms.snoozed_until ?? null;
    const low = person?.low_in ?? null;
    if (low !== null && low > 0) {
      const duration = format.duration(low * MINUTE);
      const text = fill(format.words.lowIn, { duration });
      return html`<span class="chip low">${sign("low")}${text}</span>`;
    }
    if (until !== null && until > now) {
      const time = format.time(until);
      const text = fill(format.words.alarm.snoozedUntil, { time });
      return html`<span class="chip quiet">${sign("snooze")}${text}</span>`;
    }
    return nothing;
  }

  private snoozeButton(): TemplateResult {
    const { alarm } = this.format.words;
    return html`<button
        class="snooze"
        aria-expanded=${this.isChoosing ? "true" : "false"}
        @click=${this.choose}
      >
        ${sign("snooze")}${alarm.snooze}
      </button>
      ${
        this.hasFailed
          ? html`<span class="chip quiet">${alarm.failed}</span>`
          : nothing
      }`;
  }

  private choice(alarm: Level): TemplateResult {
    const { words } = this.format;
    const most = alarm === "urgent_low" ? URGENT_SNOOZE : Infinity;
    return html`<div class="choice" @keydown=${this.press}>
      ${SNOOZES.filter((minutes) => minutes <= most).map(
        (minutes) =>
          html`<button
            @click=${() => {
              void this.snooze(minutes);
            }}
          >
            ${fill(words.alarm.snoozeFor, {
              duration: this.format.duration(minutes * MINUTE),
            })}
          </button>`,
      )}
      <button @click=${this.choose}>${words.alarm.close}</button>
    </div>`;
  }

  private graph(person: Person, { now, currentness }: View): TemplateResult {
    return html`<glucose-follow-graph
      .person=${person}
      .format=${this.format}
      .now=${Math.floor(now / MINUTE) * MINUTE}
      .hours=${hoursOf(this.config)}
      .isLarge=${this.wall}
      .isCurrent=${currentness.kind === "current"}
      .treatments=${this.config.treatments ?? true}
      .forecast=${this.config.forecast ?? true}
    ></glucose-follow-graph>`;
  }

  private below(person: Person, view: View): TemplateResult | typeof nothing {
    const { facts = true, today = true } = this.config;
    return facts || today
      ? html`<div class="below">
          ${facts ? this.facts(person, view) : nothing}
          ${today ? this.today(person, view) : nothing}
        </div>`
      : nothing;
  }

  private facts(
    { status, last_bolus }: Person,
    { now }: View,
  ): TemplateResult | typeof nothing {
    const { format } = this;
    const { facts } = format.words;
    const { insulin_on_board: insulin, carbs_on_board: carbs } = status;
    const shown = [
      insulin && fact(facts.insulin, format.insulin(insulin[1])),
      carbs && fact(facts.carbs, format.carbs(carbs[1])),
      last_bolus &&
        fact(
          fill(facts.bolus, { ago: format.ago(now - last_bolus[0]) }),
          format.insulin(last_bolus[1]),
        ),
    ].filter((one) => one !== null);
    return shown.length > 0 ? html`<dl class="facts">${shown}</dl>` : nothing;
  }

  private today(
    { readings, thresholds }: Person,
    { now }: View,
  ): TemplateResult | typeof nothing {
    const { format } = this;
    const start = startOfDay(now, format.timeZone);
    const shares = timeInRanges(readings, thresholds, start, now);
    if (!shares) {
      return nothing;
    }
    const { today } = format.words;
    const low = shares.urgent_low + shares.low;
    const high = shares.high + shares.urgent_high;
    const says = (text: string, share: number): string =>
      fill(text, { share: format.share(share) });
    return html`<div class="today">
      <div class="bar" aria-hidden="true">
        ${RANGES.filter((range) => shares[range] > 0).map(
          (range) =>
            html`<span class=${range} style="flex:${shares[range]}"></span>`,
        )}
      </div>
      <div class="words">
        <span
          >${today.label}:
          <strong>${says(today.in_range, shares.in_range)}</strong></span
        >
        <span>${says(today.low, low)} · ${says(today.high, high)}</span>
      </div>
    </div>`;
  }

  /** Return what a screen reader is told without being asked. */
  private told({ currentness }: View, alarm: Level | null): string {
    const { words } = this.format;
    if (this.hasFailed) {
      return words.alarm.failed;
    }
    if (alarm) {
      return words.alarm.level[alarm];
    }
    if (currentness.kind === "current") {
      return "";
    }
    // Without the minutes: nobody wants to hear them counted.
    return currentness.kind === "stale"
      ? words.notice.silent
      : notice(currentness, this.format);
  }

  private rangeOf(person: Person | null): Range | null {
    return person?.latest
      ? (person.range ?? rangeOfReading(person.latest, person.thresholds))
      : null;
  }

  private readonly more = (): void => {
    this.dispatchEvent(
      new CustomEvent("hass-more-info", {
        detail: { entityId: this.entity },
        bubbles: true,
        composed: true,
      }),
    );
  };

  /** Move the focus, if a keyboard or a finger began this. */
  private focusOn(selector: string): void {
    if (this.shadowRoot?.activeElement) {
      this.shadowRoot.querySelector<HTMLElement>(selector)?.focus();
    }
  }

  private readonly choose = (): void => {
    this.isChoosing = !this.isChoosing;
    this.hasFailed = false;
  };

  private readonly press = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      this.isChoosing = false;
    }
  };

  private async snooze(minutes: number): Promise<void> {
    this.isChoosing = false;
    try {
      await this.hass.callService("glucose_follow", "snooze", {
        config_entry_id: this.live.view().person?.entry_id,
        minutes,
      });
    } catch {
      this.hasFailed = true;
    }
  }
}

function fact(label: string, value: string): TemplateResult {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}
