/** How well colours can be told apart, as the WCAG measures it. */

export type Colour = readonly [red: number, green: number, blue: number];

/** Return a colour such as `#1b7f5c`. */
export function colour(hex: string): Colour {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Return a colour laid over another with an opacity from 0 to 1. */
export function over(top: Colour, opacity: number, below: Colour): Colour {
  const mixed = (index: 0 | 1 | 2): number =>
    top[index] * opacity + below[index] * (1 - opacity);
  return [mixed(0), mixed(1), mixed(2)];
}

/**
 * Return the contrast of two colours, from 1 to 21.
 *
 * AA asks for 4.5 for text, and 3 for large text and what is drawn.
 */
export function contrast(one: Colour, other: Colour): number {
  const [dark, light] = [luminance(one), luminance(other)].sort(
    (a, b) => a - b,
  ) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
