/** What a browser loads: the elements, and their places in the pickers. */

import {
  BADGE,
  CARD,
  entry,
  STRATEGY,
  suggestion,
} from "./dashboard/suggestion";
import { GlucoseFollowBadge } from "./elements/badge";
import { GlucoseFollowCard } from "./elements/card";
import { GlucoseFollowGraph } from "./elements/graph";
import { GlucoseFollowPerson } from "./elements/person";
import { GlucoseFollowStrategy } from "./elements/strategy";

interface Pickers {
  customCards?: unknown[];
  customBadges?: unknown[];
  customStrategies?: unknown[];
}

/** Register everything, unless another version did already. */
function register(): void {
  if (customElements.get(CARD)) {
    return;
  }
  customElements.define("glucose-follow-graph", GlucoseFollowGraph);
  customElements.define("glucose-follow-person", GlucoseFollowPerson);
  customElements.define(CARD, GlucoseFollowCard);
  customElements.define(BADGE, GlucoseFollowBadge);
  customElements.define(
    `ll-strategy-dashboard-${STRATEGY}`,
    GlucoseFollowStrategy,
  );
  const pickers = window as Pickers;
  const language = (): string => document.documentElement.lang;
  (pickers.customCards ??= []).push(
    entry(CARD, "card", language, {
      preview: true,
      getEntitySuggestion: suggestion,
    }),
  );
  (pickers.customBadges ??= []).push(
    entry(BADGE, "badge", language, { preview: true }),
  );
  (pickers.customStrategies ??= []).push(
    entry(STRATEGY, "dashboard", language, { strategyType: "dashboard" }),
  );
}

register();
