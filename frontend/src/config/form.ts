/** The forms with which a user configures card and badge, drawn by Home Assistant. */

import { wordsOf } from "../words";
import { HOURS } from "./config";

interface Field {
  readonly name: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly selector: Readonly<Record<string, unknown>>;
  readonly visible?: { readonly field: string; readonly value: string };
}

export interface Form {
  readonly schema: readonly Field[];
  readonly computeLabel: (field: Field) => string;
  readonly computeHelper: (field: Field) => string | undefined;
}

const PERSON = {
  integration: "glucose_follow",
  domain: "sensor",
  device_class: "blood_glucose_concentration",
};

const WALL = { field: "layout", value: "wall" };

const ENTITY: Field = {
  name: "entity",
  required: true,
  selector: { entity: { filter: PERSON } },
};

const NAME: Field = { name: "name", selector: { text: {} } };

/** Return the card's form. */
export function form(language: string): Form {
  const { layouts, hours } = wordsOf(language);
  return described(language, [
    ENTITY,
    {
      name: "layout",
      default: "card",
      selector: {
        select: {
          mode: "dropdown",
          options: [
            { value: "card", label: layouts.card },
            { value: "wall", label: layouts.wall },
          ],
        },
      },
    },
    {
      name: "others",
      selector: { entity: { multiple: true, filter: PERSON } },
      visible: WALL,
    },
    {
      name: "hours",
      default: "6",
      selector: {
        select: {
          mode: "dropdown",
          options: HOURS.map((count) => ({
            value: String(count),
            label: hours.replace("{hours}", String(count)),
          })),
        },
      },
    },
    NAME,
    { name: "treatments", default: true, selector: { boolean: {} } },
    { name: "forecast", default: true, selector: { boolean: {} } },
    { name: "facts", default: true, selector: { boolean: {} } },
    { name: "today", default: true, selector: { boolean: {} } },
    {
      name: "dim_from",
      selector: { time: { no_second: true } },
      visible: WALL,
    },
    {
      name: "dim_until",
      selector: { time: { no_second: true } },
      visible: WALL,
    },
  ]);
}

/** Return the badge's form. */
export function badgeForm(language: string): Form {
  return described(language, [ENTITY, NAME]);
}

function described(language: string, schema: readonly Field[]): Form {
  const { form: labels, help } = wordsOf(language);
  return {
    schema,
    computeLabel: ({ name }) => labels[name] ?? name,
    computeHelper: ({ name }) => help[name],
  };
}
