/** The card: a person, or a wall of people. */

import { html, LitElement, nothing, type TemplateResult } from "lit";

import { checked, entitiesOf, type CardConfig } from "../config/config";
import { form, type Form } from "../config/form";
import { isNight } from "../config/night";
import { people } from "../dashboard/people";
import type { Hass } from "../hass";
import { Format } from "../words/format";
import { cardStyles } from "./styles";

const MINUTE = 60_000;

export class GlucoseFollowCard extends LitElement {
  static override properties = {
    config: { state: true },
    isNight: { state: true },
  };

  static override styles = cardStyles;

  static getConfigForm(): Form {
    return form(document.documentElement.lang);
  }

  static getStubConfig(hass: Hass): Omit<CardConfig, "type"> {
    // Named, so that the form shows them.
    return {
      entity: people(hass)[0]?.entityId ?? "",
      layout: "card",
      hours: "6",
    };
  }

  declare private config: CardConfig | null;
  declare private isNight: boolean;
  private known: Hass | null = null;
  private format: Format | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.config = null;
    this.isNight = false;
  }

  setConfig(config: CardConfig): void {
    this.config = checked(config);
  }

  /** Home Assistant tells all that happens; little of it concerns us. */
  set hass(hass: Hass) {
    const { known } = this;
    this.known = hass;
    if (known?.locale !== hass.locale || known.config !== hass.config) {
      this.format = new Format(hass);
    }
    if (
      known?.locale !== hass.locale ||
      known.config !== hass.config ||
      known.themes !== hass.themes ||
      known.connection !== hass.connection
    ) {
      this.requestUpdate();
    }
  }

  getCardSize(): number {
    return 7;
  }

  /** The height is left to what is shown, the same at any time. */
  getGridOptions(): Record<string, number | string> {
    return this.config?.layout === "wall"
      ? { columns: "full", min_columns: 6 }
      : { columns: 12, min_columns: 6 };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(this.tick, MINUTE / 4);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override willUpdate(): void {
    this.tick();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { config, known, format } = this;
    if (!config || !known || !format) {
      return nothing;
    }
    const isWall = config.layout === "wall";
    const shown = entitiesOf(config).map(
      (entity) =>
        html`<glucose-follow-person
          .hass=${known}
          .config=${config}
          .format=${format}
          .entity=${entity}
          .wall=${isWall}
          .dark=${(known.themes.darkMode ?? false) || (isWall && this.isNight)}
        ></glucose-follow-person>`,
    );
    return html`<ha-card>
      ${
        isWall
          ? html`<div class="wall ${this.isNight ? "night" : ""}">
              ${shown}
            </div>`
          : shown
      }
    </ha-card>`;
  }

  private readonly tick = (): void => {
    const { dim_from, dim_until } = this.config ?? {};
    this.isNight = isNight(
      Date.now(),
      dim_from,
      dim_until,
      this.format?.timeZone,
    );
  };
}
