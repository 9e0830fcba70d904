/** Who is followed in this home. */

import type { EntityEntry, Hass } from "../hass";

const PLATFORM = "glucose_follow";

/** Who has one does not have the other. */
const GLUCOSE = new Set(["glucose", "delayed_glucose"]);

export interface Followed {
  /** Of the glucose sensor, or the one of a source that is hours behind. */
  readonly entityId: string;
  readonly deviceId: string | null;
  readonly name: string;
}

/** Return everybody whose glucose is followed, by name. */
export function people(hass: Pick<Hass, "entities" | "devices">): Followed[] {
  return Object.values(hass.entities)
    .filter(isGlucose)
    .map(({ entity_id, device_id }) => ({
      entityId: entity_id,
      deviceId: device_id ?? null,
      name: nameOf(hass, device_id ?? "") ?? entity_id,
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Return whether an entity is the glucose of a person of ours. */
export function isGlucose(entity: EntityEntry | undefined): boolean {
  return (
    entity?.platform === PLATFORM &&
    GLUCOSE.has(entity.translation_key ?? "") &&
    entity.entity_id.startsWith("sensor.")
  );
}

function nameOf(
  { devices }: Pick<Hass, "devices">,
  deviceId: string,
): string | null {
  const device = devices[deviceId];
  return device?.name_by_user ?? device?.name ?? null;
}
