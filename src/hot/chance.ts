/** What chance alone makes of a sum of squares: evidence has to be above it. */

/** As high as a chi-square with n degrees is at so many deviations. */
export const chance = (n: number, sigmas: number): number =>
  n + sigmas * Math.sqrt(2 * n) + 0.67 * sigmas * sigmas
