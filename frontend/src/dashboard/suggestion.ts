/** What Home Assistant's pickers are told of us. */

import type { Hass } from "../hass";
import { wordsOf } from "../words";
import { isGlucose } from "./people";

const DOCUMENTATION =
  "https://github.com/glucose-follow/glucose-follow#look-at-it";

export const CARD = "glucose-follow-card";
export const BADGE = "glucose-follow-badge";
export const STRATEGY = "glucose-follow";

interface Suggestion {
  readonly config: { readonly type: string; readonly entity: string };
}

/** Return a card for an entity, null unless it is somebody's glucose. */
export function suggestion(
  { entities }: Pick<Hass, "entities">,
  entityId: string,
): Suggestion | null {
  return isGlucose(entities[entityId])
    ? { config: { type: `custom:${CARD}`, entity: entityId } }
    : null;
}

/** How pickers name something, in the language of the moment. */
interface Entry {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly documentationURL: string;
}

/** Return what pickers are told of the card, the badge or the dashboard. */
export function entry<More extends object>(
  type: string,
  what: "card" | "badge" | "dashboard",
  language: () => string,
  more: More,
): Entry & More {
  // The user's language is known long after the pickers are told of us.
  return {
    ...more,
    type,
    documentationURL: DOCUMENTATION,
    get name() {
      return wordsOf(language())[what].name;
    },
    get description() {
      return wordsOf(language())[what].description;
    },
  };
}
