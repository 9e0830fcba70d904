import { describe, expect, it } from "vitest";

import { format, HOUR, MINUTE, NOON } from "../testing";
import { Format } from "./format";

/** Return a text without marks that only guide its direction. */
const plain = (text: string): string => text.replace(/[\u2066-\u2069]/g, "");

/** Return a text whose spaces are all alike. */
const spaced = (text: string): string => text.replace(/\s/g, " ");

describe("glucose", () => {
  it("is whole in mg/dL and has one decimal in mmol/L", () => {
    expect(format().glucose(112, "mg/dL")).toBe("112");
    expect(format().glucose(72, "mmol/L")).toBe("4.0");
    expect(format("de").glucose(70, "mmol/L")).toBe("3,9");
  });

  it("is never a number beyond the sensor's limits", () => {
    expect(plain(format().reading([NOON, 39, -1], "mg/dL"))).toBe("<40");
    expect(plain(format().reading([NOON, 401, 1], "mmol/L"))).toBe(">22.2");
    expect(format().readingInWords([NOON, 39, -1], "mg/dL")).toBe(
      "below 40 mg/dL",
    );
    expect(format("de").readingInWords([NOON, 401, 1], "mmol/L")).toBe(
      "über 22,2 mmol/L",
    );
  });

  it("is a number otherwise", () => {
    expect(format().reading([NOON, 112, 0], "mg/dL")).toBe("112");
    expect(format().readingInWords([NOON, 112, 0], "mg/dL")).toBe("112 mg/dL");
  });

  it("changes with a sign, unless it does not change", () => {
    expect(plain(format().delta(4.2, "mg/dL"))).toBe("+4");
    expect(plain(format().delta(-6.4, "mg/dL"))).toBe("\u22126");
    expect(plain(format().delta(-5, "mmol/L"))).toBe("\u22120.3");
    expect(plain(format().delta(-0.3, "mg/dL"))).toBe("0");
  });
});

describe("numbers", () => {
  it.each([
    ["language", "de", "1,5"],
    ["comma_decimal", "de", "1.5"],
    ["decimal_comma", "en", "1,5"],
    ["space_comma", "en", "1,5"],
    ["quote_decimal", "de", "1.5"],
    ["none", "de", "1,5"],
  ])(
    "follow the user's choice of %s in %s",
    (number_format, language, text) => {
      expect(format(language, { number_format }).number(1.5, 1)).toBe(text);
    },
  );

  it("follow the system if the user says so", () => {
    const text = format("de", { number_format: "system" }).number(1.5, 1);

    expect(text).toBe((1.5).toLocaleString());
  });

  it("are shares", () => {
    expect(format().share(0.823)).toBe("82%");
    expect(spaced(format("de").share(0.823))).toBe("82 %");
  });
});

describe("treatments", () => {
  it("say insulin and carbs with their units", () => {
    const { treatment } = bound(format());

    expect(treatment([NOON, 3.25, null, false])).toBe("3.25 U");
    expect(treatment([NOON, null, 45, false])).toBe("45 g");
    expect(treatment([NOON, 2, 12, false])).toBe("2 U · 12 g");
    expect(treatment([NOON, 0.3, null, true])).toBe("0.3 U, automatic");
  });
});

function bound(made: Format) {
  return { treatment: made.treatment.bind(made) };
}

describe("time", () => {
  it("is the home's if the user says so", () => {
    const summer = Date.UTC(2026, 6, 1, 12);

    expect(spaced(format().time(summer))).toBe("1:00 PM");
  });

  it("is the browser's otherwise", () => {
    const here = new Format({
      locale: {
        language: "en",
        number_format: "language",
        time_format: "24",
        time_zone: "local",
      },
      config: { time_zone: "Asia/Tokyo" },
    });

    expect(here.timeZone).toBeUndefined();
    expect(here.time(NOON)).toBe(
      new Date(NOON).toTimeString().slice(0, "00:00".length),
    );
  });

  it.each([
    ["12", "de", "12:00 PM"],
    ["24", "en", "12:00"],
    ["language", "de", "12:00"],
  ])("is written as chosen: %s in %s", (time_format, language, text) => {
    expect(spaced(format(language, { time_format }).time(NOON))).toBe(text);
  });

  it("is written as the system does if the user says so", () => {
    const { hour12 } = new Intl.DateTimeFormat(undefined, {
      hour: "numeric",
    }).resolvedOptions();

    const text = format("de", { time_format: "system" }).time(NOON + HOUR);

    expect(text.startsWith(hour12 ? "1" : "13")).toBe(true);
  });

  it("is short where only hours are", () => {
    expect(spaced(format().hour(NOON + 3 * HOUR))).toBe("3 PM");
    expect(format("de").hour(NOON - 3 * HOUR)).toBe("09:00");
  });

  it("has a day if it was not lately", () => {
    const { moment } = { moment: format().moment.bind(format()) };

    expect(spaced(moment(NOON - HOUR, NOON))).toBe("11:00 AM");
    expect(spaced(moment(NOON - 30 * HOUR, NOON))).toBe("Nov 20, 6:00 AM");
  });
});

describe("durations", () => {
  it.each([
    [25 * MINUTE, "25 min", "25 min. ago"],
    [119 * MINUTE, "119 min", "119 min. ago"],
    [2 * HOUR, "2 hr", "2 hr. ago"],
    [47 * HOUR, "47 hr", "47 hr. ago"],
    [50 * HOUR, "2 days", "2 days ago"],
  ])("of %i ms are %s", (milliseconds, long, ago) => {
    expect(format().duration(milliseconds)).toBe(long);
    expect(format().ago(milliseconds)).toBe(ago);
  });

  it("are words in other languages too", () => {
    expect(spaced(format("de").duration(25 * MINUTE))).toBe("25 Min.");
    expect(format("de").ago(2 * MINUTE)).toBe("vor 2 Min.");
    expect(format("ar").ago(2 * MINUTE)).toBe("قبل دقيقتين");
    expect(format("de").hours(6)).toBe("6 Stunden");
  });

  it("of less than a minute are just now", () => {
    expect(format().ago(59_999)).toBe("just now");
    expect(format().ago(-5)).toBe("just now");
  });
});
