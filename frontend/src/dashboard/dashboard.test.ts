import { describe, expect, it, test } from "vitest";

import type { EntityEntry, Hass } from "../hass";
import { isGlucose, people } from "./people";
import { generate } from "./strategy";
import { CARD, entry, suggestion } from "./suggestion";

function entities(
  device: string,
  keys: Readonly<Record<string, Partial<EntityEntry>>>,
): [string, EntityEntry][] {
  return Object.entries(keys).map(([key, more]) => {
    const entity_id = `sensor.${device}_${key}`;
    return [
      entity_id,
      {
        entity_id,
        platform: "glucose_follow",
        translation_key: key,
        device_id: device,
        ...more,
      },
    ];
  });
}

function home(
  ...all: [string, EntityEntry][][]
): Pick<Hass, "entities" | "devices" | "locale"> {
  return {
    entities: Object.fromEntries(all.flat()),
    devices: {
      alex: { name: "Alex", name_by_user: null },
      pump: { name: "Pump", parent_device_id: "alex" },
      sam: { name: "Samuel", name_by_user: "Sam" },
    },
    locale: {
      language: "en",
      number_format: "language",
      time_format: "language",
      time_zone: "local",
    },
  };
}

const alex = entities("alex", {
  last_bolus: {},
  glucose: {},
  delta: {},
  reservoir: { entity_category: "diagnostic" },
  sensor_status: { hidden: true },
  low: { entity_category: "config", entity_id: "number.alex_low" },
  urgent_low: { entity_id: "binary_sensor.alex_urgent_low" },
  alarm: { entity_id: "event.alex_alarm" },
});
const pump = entities("pump", {
  battery: { entity_category: "diagnostic", device_id: "pump" },
});
const sam = entities("sam", { glucose: {} });
const other = entities("other", { glucose: { platform: "other" } });

describe("people", () => {
  it("are found by their glucose, in the order of their names", () => {
    expect(people(home(sam, other, alex))).toEqual([
      { entityId: "sensor.alex_glucose", deviceId: "alex", name: "Alex" },
      { entityId: "sensor.sam_glucose", deviceId: "sam", name: "Sam" },
    ]);
  });

  it("are found although their source is hours behind", () => {
    const late = entities("sam", { delayed_glucose: {} });

    expect(people(home(late)).map(({ name }) => name)).toEqual(["Sam"]);
  });

  it("have a name even without a device", () => {
    const lost = entities("nobody", { glucose: { device_id: null } });
    const gone = entities("gone", { glucose: {} });

    expect(people(home(lost, gone)).map(({ name }) => name)).toEqual([
      "sensor.gone_glucose",
      "sensor.nobody_glucose",
    ]);
  });

  it("are nothing else of ours", () => {
    expect(isGlucose(undefined)).toBe(false);
    expect(isGlucose(alex[0]?.[1])).toBe(false);
    expect(
      isGlucose({ entity_id: "sensor.a", platform: "glucose_follow" }),
    ).toBe(false);
    expect(
      isGlucose({
        entity_id: "number.alex_glucose",
        platform: "glucose_follow",
        translation_key: "glucose",
      }),
    ).toBe(false);
  });
});

test("a card is suggested for somebody's glucose only", () => {
  const everything = home(alex, other);

  expect(suggestion(everything, "sensor.alex_glucose")).toEqual({
    config: { type: `custom:${CARD}`, entity: "sensor.alex_glucose" },
  });
  expect(suggestion(everything, "sensor.alex_delta")).toBeNull();
  expect(suggestion(everything, "sensor.other_glucose")).toBeNull();
  expect(suggestion(everything, "sensor.unknown")).toBeNull();
});

test("pickers name things in the language of the moment", () => {
  let language = "en";
  const card = entry(CARD, "card", () => language, { preview: true });

  expect(card).toMatchObject({ type: CARD, preview: true, name: "Glucose" });
  language = "de";
  expect(card.name).toBe("Glukose");
  expect(card.description).toContain("Menschen");
});

describe("the dashboard", () => {
  const views = (hass: Parameters<typeof generate>[0]) =>
    generate(hass)["views"] as {
      title: string;
      path: string;
      badges: object[];
      sections: { cards: Record<string, unknown>[] }[];
    }[];

  it("has a view for each person", () => {
    const [first, second] = views(home(sam, alex));

    expect(first).toMatchObject({ title: "Alex", path: "alex-glucose" });
    expect(second?.title).toBe("Sam");
    expect(first?.badges).toEqual([
      { type: "custom:glucose-follow-badge", entity: "sensor.sam_glucose" },
    ]);
    expect(second?.sections).toHaveLength(1);
  });

  it("shows the card first, then what else there is", () => {
    const sections = views(home(alex, pump))[0]!.sections.map(({ cards }) =>
      cards.map(({ entity, heading }) => entity ?? heading),
    );

    expect(sections).toEqual([
      ["sensor.alex_glucose"],
      ["Insulin and carbs", "sensor.alex_last_bolus"],
      [
        "Sensor, pump and phone",
        "sensor.alex_reservoir",
        "sensor.pump_battery",
      ],
      ["Alarms and settings", "number.alex_low", "event.alex_alarm"],
    ]);
  });

  it("names tiles without the person, but with what they wear", () => {
    const { cards } = views(home(alex, pump))[0]!.sections[2]!;

    expect(cards.slice(1).map(({ name }) => name)).toEqual([
      { type: "entity" },
      [{ type: "device" }, { type: "entity" }],
    ]);
  });

  it("has a place for what nobody has named", () => {
    const odd = entities("alex", {
      glucose: {},
      strange: { translation_key: undefined as never },
    });

    const sections = views(home(odd))[0]!.sections;

    expect(sections[1]?.cards[1]?.["entity"]).toBe("sensor.alex_strange");
  });

  it("takes nothing of others for a person without a device", () => {
    const lost = entities("nobody", { glucose: { device_id: null } });
    const stray = entities("stray", { battery: { device_id: null } });

    expect(views(home(lost, stray, alex))[1]?.sections).toHaveLength(1);
  });

  it("says so if nobody is followed", () => {
    expect(JSON.stringify(generate(home(other)))).toContain("markdown");
  });
});
