import { describe, expect, it, test } from "vitest";

import { HOUR, MINUTE, NOON } from "../testing";
import { checked, entitiesOf, hoursOf, type CardConfig } from "./config";
import { badgeForm, form } from "./form";
import { isNight } from "./night";

const config = (changes: Partial<CardConfig> = {}): CardConfig => ({
  type: "custom:glucose-follow-card",
  entity: "sensor.alex_glucose",
  ...changes,
});

test.each([
  [undefined, 6],
  [3, 3],
  ["12", 12],
  [4, 6],
  [48, 24],
  ["x", 24],
])("%s hours are shown as %i", (hours, shown) => {
  expect(hoursOf(config(hours === undefined ? {} : { hours }))).toBe(shown);
});

test("only a wall shows several people, and nobody twice", () => {
  const others = ["sensor.sam_glucose", "sensor.alex_glucose"];

  expect(entitiesOf(config({ others }))).toEqual(["sensor.alex_glucose"]);
  expect(entitiesOf(config({ others, layout: "wall" }))).toEqual([
    "sensor.alex_glucose",
    "sensor.sam_glucose",
  ]);
  expect(entitiesOf(config({ layout: "wall" }))).toHaveLength(1);
});

test("a card needs an entity", () => {
  expect(checked(config())).toEqual(config());
  expect(() => checked(config({ entity: "" }))).toThrow("entity");
  expect(() => checked({ type: "x" } as CardConfig)).toThrow("entity");
});

describe("the form", () => {
  it("has a label for each field, in the user's language", () => {
    const { schema, computeLabel, computeHelper } = form("de");

    const labels = schema.map(computeLabel);
    expect(labels).not.toContain("entity");
    expect(new Set(labels).size).toBe(schema.length);
    expect(computeLabel(schema[0]!)).toBe("Person");
    expect(computeHelper(schema.find(({ name }) => name === "name")!)).toMatch(
      /^Leer/,
    );
    expect(computeHelper(schema[0]!)).toBeUndefined();
  });

  it("offers only glucose of ours", () => {
    expect(form("en").schema[0]).toMatchObject({
      name: "entity",
      required: true,
      selector: { entity: { filter: { integration: "glucose_follow" } } },
    });
  });

  it("asks about walls only if it is one", () => {
    const walls = form("en").schema.filter(({ visible }) => visible);

    expect(walls.map(({ name }) => name)).toEqual([
      "others",
      "dim_from",
      "dim_until",
    ]);
  });

  it("of a badge asks little", () => {
    expect(badgeForm("en").schema.map(({ name }) => name)).toEqual([
      "entity",
      "name",
    ]);
  });

  it("calls a field by its key rather than by nothing", () => {
    const { computeLabel } = form("en");

    expect(computeLabel({ name: "new", selector: {} })).toBe("new");
  });
});

describe("night", () => {
  const at = (hour: number) => NOON + (hour - 12) * HOUR;

  it("may cross midnight", () => {
    const night = (hour: number) =>
      isNight(at(hour), "22:00", "07:00:00", "UTC");

    expect([21, 22, 23, 24, 30.9, 31, 36].map(night)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("may be within a day", () => {
    const night = (hour: number) => isNight(at(hour), "01:00", "05:30", "UTC");

    expect([0.9, 1, 5.4, 5.5].map(night)).toEqual([false, true, true, false]);
  });

  it("is where the person is", () => {
    expect(isNight(NOON, "22:00", "23:00", "Asia/Tokyo")).toBe(false);
    expect(isNight(NOON, "21:00", "22:00", "Asia/Tokyo")).toBe(true);
  });

  it("is by the browser's clock if nobody says where", () => {
    const here = new Date(NOON).toTimeString().slice(0, 5);
    const later = new Date(NOON + MINUTE).toTimeString().slice(0, 5);

    expect(isNight(NOON, here, later, undefined)).toBe(true);
  });

  it("is never without both ends, or without a time", () => {
    expect(isNight(NOON, undefined, "23:00", "UTC")).toBe(false);
    expect(isNight(NOON, "00:00", "late", "UTC")).toBe(false);
    expect(isNight(-Infinity, "00:00", "23:59", "UTC")).toBe(false);
  });
});
