/** What a user chooses for a card. */

export interface CardConfig {
  readonly type: string;
  /** Any entity of the person. */
  readonly entity: string;
  /** Shown instead of the person's name. */
  readonly name?: string;
  readonly layout?: "card" | "wall";
  /** 3, 6, 12 or 24. */
  readonly hours?: number | string;
  /** More people, beside the first; walls only. */
  readonly others?: readonly string[];
  readonly treatments?: boolean;
  readonly forecast?: boolean;
  readonly facts?: boolean;
  readonly today?: boolean;
  /** Hours and minutes between which a wall is darker. */
  readonly dim_from?: string;
  readonly dim_until?: string;
}

export const HOURS = [3, 6, 12, 24] as const;

const USUAL_HOURS = 6;

/** Return how many hours a card shows. */
export function hoursOf({ hours }: CardConfig): number {
  const wanted = Number(hours ?? USUAL_HOURS);
  return HOURS.find((known) => known >= wanted) ?? 24;
}

/** Return everybody whom a card shows. */
export function entitiesOf(config: CardConfig): readonly string[] {
  const { entity, others, layout } = config;
  return layout === "wall"
    ? [...new Set([entity, ...(others ?? [])])]
    : [entity];
}

/**
 * Return a config if it is one.
 *
 * @throws Error that Home Assistant shows in place of the card.
 */
export function checked(config: CardConfig): CardConfig {
  if (typeof config.entity !== "string" || !config.entity.includes(".")) {
    throw new Error("An entity is needed");
  }
  return config;
}
