/** Numbers, times and durations as a user reads them. */

import type { Reading, Treatment, Unit } from "../feed/message";
import type { Hass } from "../hass";
import { fill, wordsOf, type Words } from "./index";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** mg/dL in one mmol/L, as Home Assistant converts: a tenth of the molar mass. */
const MGDL_PER_MMOL = 18.016;

/** Beyond these a sensor only says so. */
const LOWEST = 40;
const HIGHEST = 400;

const NUMBERS: Readonly<Record<string, string | undefined>> = {
  comma_decimal: "en-US",
  decimal_comma: "de",
  space_comma: "fr",
  quote_decimal: "de-CH",
  system: undefined,
};

/** As wide as a plus, which a hyphen is not. */
const MINUS = "\u2212";

const MOMENT: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
};

/** Says things in one user's language, number format and time zone. */
export class Format {
  readonly words: Words;
  /** IANA name; the browser's own if undefined. */
  readonly timeZone: string | undefined;
  private readonly language: string;
  private readonly numbers: string | undefined;
  private readonly timeStyle: Intl.DateTimeFormatOptions;
  private readonly made = new Map<string, unknown>();

  constructor({ locale, config }: Pick<Hass, "locale" | "config">) {
    const { language, number_format, time_format, time_zone } = locale;
    this.language = language;
    this.words = wordsOf(language);
    this.numbers = number_format in NUMBERS ? NUMBERS[number_format] : language;
    this.timeZone = time_zone === "server" ? config.time_zone : undefined;
    this.timeStyle = timeStyle(time_format);
  }

  /** Return what a formatter is kept by: making one takes long. */
  private kept<Formatter>(key: string, make: () => Formatter): Formatter {
    if (!this.made.has(key)) {
      this.made.set(key, make());
    }
    return this.made.get(key) as Formatter;
  }

  /** Return a number with at most, or exactly, so many decimals. */
  number(value: number, decimals: number, isExact = false): string {
    return this.kept(`number ${decimals} ${isExact}`, () =>
      this.formatter({
        maximumFractionDigits: decimals,
        minimumFractionDigits: isExact ? decimals : 0,
      }),
    ).format(value);
  }

  /** Return a share from 0 to 1 in percent. */
  share(share: number): string {
    return this.kept("share", () =>
      this.formatter({ style: "percent", maximumFractionDigits: 0 }),
    ).format(share);
  }

  /** Return glucose without its unit. */
  glucose(mgdl: number, unit: Unit): string {
    return this.number(inUnit(mgdl, unit), decimals(unit), true);
  }

  /** Return a reading in a few characters, without its unit. */
  reading([, mgdl, limit]: Reading, unit: Unit): string {
    if (limit === 0) {
      return this.glucose(mgdl, unit);
    }
    // Isolated, or a text from right to left would turn the sign around.
    const sign = limit < 0 ? "<" : ">";
    return `\u2066${sign}${this.glucose(limitOf(limit), unit)}\u2069`;
  }

  /** Return a reading in words, with its unit. */
  readingInWords([, mgdl, limit]: Reading, unit: Unit): string {
    if (limit === 0) {
      return `${this.glucose(mgdl, unit)} ${unit}`;
    }
    const text = limit < 0 ? this.words.below : this.words.above;
    return fill(text, {
      value: `${this.glucose(limitOf(limit), unit)} ${unit}`,
    });
  }

  /** Return a change with its sign, without its unit. */
  delta(mgdl: number, unit: Unit): string {
    const digits = decimals(unit);
    const text = this.kept(`delta ${digits}`, () =>
      this.formatter({
        maximumFractionDigits: digits,
        minimumFractionDigits: digits,
        signDisplay: "exceptZero",
      }),
    ).format(inUnit(mgdl, unit));
    // Isolated, or a text from right to left would turn the sign around.
    return `\u2066${text.replace("-", MINUS)}\u2069`;
  }

  /** Return an amount of insulin. */
  insulin(units: number): string {
    return fill(this.words.units, { amount: this.number(units, 2) });
  }

  /** Return an amount of carbs. */
  carbs(grams: number): string {
    return this.unit(Math.round(grams), "gram");
  }

  /** Return what was given or eaten, with a word if a loop decided it. */
  treatment([, insulin, carbs, isAutomatic]: Treatment): string {
    const parts = [];
    if (insulin !== null) {
      const amount = this.insulin(insulin);
      parts.push(isAutomatic ? fill(this.words.automatic, { amount }) : amount);
    }
    if (carbs !== null) {
      parts.push(this.carbs(carbs));
    }
    return parts.join(" · ");
  }

  /** Return a moment of the day. */
  time(at: number): string {
    return this.clock("time", { hour: "numeric", minute: "2-digit" }, at);
  }

  /** Return a moment of the last days; without a day if that is clear. */
  moment(at: number, now: number): string {
    return now - at < DAY - 4 * HOUR
      ? this.time(at)
      : this.clock("moment", MOMENT, at);
  }

  /** Return a full hour of the day, as short as the language allows. */
  hour(at: number): string {
    const is12 = this.kept("is12", () => this.is12());
    const style: Intl.DateTimeFormatOptions = is12
      ? { hour: "numeric" }
      : { hour: "2-digit", minute: "2-digit" };
    return this.clock("hour", style, at);
  }

  /** Return a duration, in its largest fitting unit. */
  duration(milliseconds: number): string {
    if (milliseconds < 2 * HOUR) {
      return this.unit(Math.floor(milliseconds / MINUTE), "minute");
    }
    return milliseconds < 2 * DAY
      ? this.unit(Math.floor(milliseconds / HOUR), "hour")
      : this.unit(Math.floor(milliseconds / DAY), "day");
  }

  /** Return so many hours, in words. */
  hours(hours: number): string {
    return this.unit(hours, "hour", "long");
  }

  /** Return how long ago something was. */
  ago(milliseconds: number): string {
    if (milliseconds < MINUTE) {
      return this.words.justNow;
    }
    if (milliseconds < 2 * HOUR) {
      return this.relative(Math.floor(milliseconds / MINUTE), "minute");
    }
    return milliseconds < 2 * DAY
      ? this.relative(Math.floor(milliseconds / HOUR), "hour")
      : this.relative(Math.floor(milliseconds / DAY), "day");
  }

  private relative(amount: number, unit: "minute" | "hour" | "day"): string {
    return this.kept(
      "relative",
      () => new Intl.RelativeTimeFormat(this.language, { style: "short" }),
    ).format(-amount, unit);
  }

  private unit(
    amount: number,
    unit: "gram" | "minute" | "hour" | "day",
    unitDisplay: "short" | "long" = "short",
  ): string {
    return this.kept(
      `unit ${unit} ${unitDisplay}`,
      // Units are words, so the language decides, not the number format.
      () =>
        new Intl.NumberFormat(this.language, {
          style: "unit",
          unit,
          unitDisplay,
          maximumFractionDigits: 0,
        }),
    ).format(amount);
  }

  private formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return new Intl.NumberFormat(this.numbers, {
      useGrouping: false,
      ...options,
    });
  }

  private clock(
    key: string,
    style: Intl.DateTimeFormatOptions,
    at: number,
  ): string {
    return this.kept(
      `clock ${key}`,
      () =>
        new Intl.DateTimeFormat(this.language, {
          ...style,
          ...this.timeStyle,
          ...(this.timeZone && { timeZone: this.timeZone }),
        }),
    ).format(at);
  }

  private is12(): boolean {
    const options = new Intl.DateTimeFormat(this.language, {
      hour: "numeric",
      ...this.timeStyle,
    }).resolvedOptions();
    return options.hour12 === true;
  }
}

/** Return mg/dL in the unit that the person reads. */
export function inUnit(mgdl: number, unit: Unit): number {
  return unit === "mg/dL" ? mgdl : mgdl / MGDL_PER_MMOL;
}

/** Return how many decimals a unit is read with. */
function decimals(unit: Unit): number {
  return unit === "mg/dL" ? 0 : 1;
}

/** Return the limit that a sensor reports to be beyond. */
function limitOf(limit: -1 | 1): number {
  return limit < 0 ? LOWEST : HIGHEST;
}

/** Return how a time format of Home Assistant is asked for. */
function timeStyle(format: string): Intl.DateTimeFormatOptions {
  if (format === "12" || format === "24") {
    return { hourCycle: format === "12" ? "h12" : "h23" };
  }
  if (format === "system") {
    const { hourCycle } = new Intl.DateTimeFormat(undefined, {
      hour: "numeric",
    }).resolvedOptions();
    return { hourCycle };
  }
  return {};
}
