/** A dashboard made from what there is: a view for each person. */

import type { EntityEntry, Hass } from "../hass";
import { wordsOf, type Words } from "../words";
import { people, type Followed } from "./people";
import { BADGE, CARD } from "./suggestion";

type Config = Readonly<Record<string, unknown>>;

/** What is about insulin and carbs; everything else unknown goes below it. */
const TREATMENTS = new Set([
  "last_bolus",
  "last_bolus_time",
  "last_automatic_bolus",
  "last_carbs",
  "last_carbs_time",
  "insulin_on_board",
  "carbs_on_board",
  "basal_rate",
]);

/** What the card says already. */
const ON_THE_CARD = new Set(["glucose", "delta", "direction", "range"]);

/** Return the dashboard. */
export function generate(
  hass: Pick<Hass, "entities" | "devices" | "locale">,
): Config {
  const words = wordsOf(hass.locale.language);
  const everybody = people(hass);
  if (everybody.length === 0) {
    return {
      views: [
        {
          title: words.dashboard.name,
          cards: [{ type: "markdown", content: words.dashboard.nobody }],
        },
      ],
    };
  }
  return {
    views: everybody.map((person) => view(person, everybody, hass, words)),
  };
}

/** Return the view of a person. */
function view(
  { entityId, deviceId, name }: Followed,
  everybody: readonly Followed[],
  { entities }: Pick<Hass, "entities">,
  { dashboard: texts }: Words,
): Config {
  const own = Object.values(entities).filter(
    ({ device_id, hidden }) => device_id === deviceId && !hidden,
  );
  const others = everybody.filter((other) => other.entityId !== entityId);
  return {
    title: name,
    path: entityId.replace(/^sensor\./, "").replaceAll("_", "-"),
    icon: "mdi:water",
    type: "sections",
    max_columns: 3,
    badges: others.map((other) => ({
      type: `custom:${BADGE}`,
      entity: other.entityId,
    })),
    sections: [
      {
        column_span: 2,
        cards: [
          {
            type: `custom:${CARD}`,
            entity: entityId,
            grid_options: { columns: "full" },
          },
        ],
      },
      section(texts.treatments, own.filter(isTreatment)),
      section(texts.devices, own.filter(isDevice)),
      section(texts.settings, own.filter(isSetting)),
    ].filter((one) => one !== null),
  };
}

/** Return a section with a tile for each entity, null without any. */
function section(heading: string, entities: EntityEntry[]): Config | null {
  return entities.length === 0
    ? null
    : {
        cards: [
          { type: "heading", heading },
          ...entities.map(({ entity_id }) => ({
            type: "tile",
            entity: entity_id,
            // The person's name is the title already.
            name: { type: "entity" },
          })),
        ],
      };
}

function isTreatment({ translation_key }: EntityEntry): boolean {
  return TREATMENTS.has(translation_key ?? "");
}

function isSetting({ entity_category }: EntityEntry): boolean {
  return entity_category === "config";
}

function isDevice(entity: EntityEntry): boolean {
  const { translation_key } = entity;
  return (
    !isTreatment(entity) &&
    !isSetting(entity) &&
    !ON_THE_CARD.has(translation_key ?? "")
  );
}
