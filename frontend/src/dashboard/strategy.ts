/** A dashboard made from what there is: a view for each person. */

import type { EntityEntry, Hass } from "../hass";
import { wordsOf, type Words } from "../words";
import { people, type Followed } from "./people";
import { BADGE, CARD } from "./suggestion";

type Config = Readonly<Record<string, unknown>>;

/** What is about insulin and carbs. */
const TREATMENTS = new Set([
  "basal_rate",
  "carbs_on_board",
  "insulin_on_board",
  "last_automatic_bolus",
  "last_bolus",
  "last_bolus_time",
  "last_carbs",
  "last_carbs_time",
  "override",
  "temporary_target",
  "treatment",
]);

/** What alarms say, beside what is chosen about them. */
const ALARMS = new Set(["alarm", "snoozed_until"]);

/** What the card says already. */
const ON_THE_CARD = new Set([
  "delayed_glucose",
  "delta",
  "direction",
  "falling_fast",
  "forecast",
  "glucose",
  "high",
  "low",
  "low_in",
  "low_soon",
  "range",
  "rising_fast",
  "urgent_high",
  "urgent_low",
]);

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
  { entities, devices }: Pick<Hass, "entities" | "devices">,
  { dashboard: texts }: Words,
): Config {
  const parts = new Set([
    deviceId,
    ...Object.keys(devices).filter(
      (id) => devices[id]?.parent_device_id === deviceId,
    ),
  ]);
  const own = Object.values(entities).filter(
    ({ device_id, hidden }) =>
      !hidden && deviceId !== null && parts.has(device_id ?? null),
  );
  const of = (group: Group): readonly Config[] =>
    own
      .filter((entity) => groupOf(entity) === group)
      .map(({ entity_id, device_id }) =>
        tile(entity_id, device_id === deviceId),
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
      section(texts.treatments, of("treatments")),
      section(texts.devices, of("devices")),
      section(texts.settings, of("settings")),
    ].filter((one) => one !== null),
  };
}

/** Return a section, null without anything in it. */
function section(heading: string, tiles: readonly Config[]): Config | null {
  return tiles.length === 0
    ? null
    : { cards: [{ type: "heading", heading }, ...tiles] };
}

/** Return a tile, named without the person, who is the title already. */
function tile(entity: string, isPerson: boolean): Config {
  const name = isPerson
    ? { type: "entity" }
    : [{ type: "device" }, { type: "entity" }];
  return { type: "tile", entity, name };
}

type Group = "treatments" | "devices" | "settings" | "card";

/** Return where an entity belongs; what nobody has named is about devices. */
function groupOf({
  translation_key = "",
  entity_category,
}: EntityEntry): Group {
  if (entity_category === "config" || ALARMS.has(translation_key)) {
    return "settings";
  }
  if (ON_THE_CARD.has(translation_key)) {
    return "card";
  }
  return TREATMENTS.has(translation_key) ? "treatments" : "devices";
}
