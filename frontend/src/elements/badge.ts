/** The badge: a person in a few pixels. */

import { html, LitElement, nothing, type TemplateResult } from "lit";

import { checked, type CardConfig } from "../config/config";
import { badgeForm, type Form } from "../config/form";
import { people } from "../dashboard/people";
import type { Hass } from "../hass";
import { rangeOfReading } from "../judge/range";
import { Format } from "../words/format";
import { notice, summary } from "../words/summary";
import { arrow, sign } from "./icons";
import { Live } from "./live";
import { badgeStyles } from "./styles";

export class GlucoseFollowBadge extends LitElement {
  static override properties = {
    config: { state: true },
    dark: { type: Boolean, reflect: true },
  };

  static override styles = badgeStyles;

  static getConfigForm(): Form {
    return badgeForm(document.documentElement.lang);
  }

  static getStubConfig(hass: Hass): Omit<CardConfig, "type"> {
    return { entity: people(hass)[0]?.entityId ?? "" };
  }

  declare dark: boolean;
  declare private config: CardConfig | null;
  private known: Hass | null = null;
  private format: Format | null = null;
  private readonly live = new Live(this);

  constructor() {
    super();
    this.config = null;
    this.dark = false;
  }

  setConfig(config: CardConfig): void {
    this.config = checked(config);
  }

  set hass(hass: Hass) {
    const { known } = this;
    this.known = hass;
    this.dark = hass.themes.darkMode ?? false;
    if (known?.locale !== hass.locale || known.config !== hass.config) {
      this.format = new Format(hass);
      this.requestUpdate();
    }
    if (known?.connection !== hass.connection) {
      this.requestUpdate();
    }
  }

  protected override willUpdate(): void {
    if (this.known && this.config) {
      this.live.follow(this.known.connection, this.config.entity);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { config, format } = this;
    if (!config || !format) {
      return nothing;
    }
    const { person, currentness, now, refusal } = this.live.view();
    const isCurrent = currentness.kind === "current";
    const latest = isCurrent ? (person?.latest ?? null) : null;
    const range =
      person && latest
        ? (person.range ?? rangeOfReading(latest, person.thresholds))
        : null;
    const name = config.name ?? person?.name ?? "";
    const label = person
      ? summary(person, name, currentness, range, now, format)
      : format.words.notice.waiting;
    const last = person?.readings.at(-1);
    let value: TemplateResult | string = "–";
    if (refusal === "not_found" || refusal === "unauthorized") {
      value = format.words.notice[refusal];
    } else if (person && latest) {
      value = `${format.reading(latest, person.unit)} ${person.unit}`;
    } else if (person && currentness.kind !== "current") {
      value = html`${
        last ? html`<s>${format.reading(last, person.unit)}</s> ` : nothing
      }${notice(currentness, format)}`;
    }
    return html`<button
      class=${isCurrent ? "" : "old"}
      aria-label=${label}
      @click=${this.more}
    >
      <span class=${range ?? ""}>
        ${
          isCurrent && person?.direction
            ? arrow(person.direction)
            : sign(range ?? "notice")
        }
      </span>
      <span class="info">
        <span class="name">${name}</span>
        <span class="value ${range ?? ""}"><bdi>${value}</bdi></span>
      </span>
    </button>`;
  }

  private readonly more = (): void => {
    this.dispatchEvent(
      new CustomEvent("hass-more-info", {
        detail: { entityId: this.config?.entity },
        bubbles: true,
        composed: true,
      }),
    );
  };
}
