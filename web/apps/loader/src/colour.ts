// Picks the readable foreground for a workspace's accent colour.

export const isColour = (value: unknown): value is string =>
  /^#[0-9a-f]{6}$/i.test(value as string);

/** Relative luminance of `#rrggbb` from 0 to 1, with a plain power in place of the exact sRGB curve. */
export function luminance(colour: string): number {
  const bits = Number(`0x${colour.slice(1)}`);
  const part = (shift: number) => (((bits >> shift) & 255) / 255) ** 2.2;
  return 0.21 * part(16) + 0.72 * part(8) + 0.07 * part(0);
}

/** Whichever of near-black and white stands out more. */
export const readableOn = (background: string): string =>
  luminance(background) > 0.2 ? "#14171f" : "#fff";
