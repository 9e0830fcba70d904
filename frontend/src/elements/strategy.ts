/** The element that Home Assistant asks for a dashboard. */

import { generate } from "../dashboard/strategy";
import type { Hass } from "../hass";
import { wordsOf } from "../words";

export class GlucoseFollowStrategy extends HTMLElement {
  static readonly registryDependencies = ["entities", "devices"] as const;

  static generate(_: unknown, hass: Hass): Promise<unknown> {
    return Promise.resolve(generate(hass));
  }

  static getCreateSuggestions(hass: Hass): { title: string; icon: string } {
    return {
      title: wordsOf(hass.locale.language).dashboard.name,
      icon: "mdi:water",
    };
  }
}
