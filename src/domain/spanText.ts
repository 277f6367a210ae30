/** A span of time as a person would say it, in seconds or minutes. */
export function spanText(us: number): string {
  const seconds = us / 1e6
  return seconds >= 90 ? `${Math.round(seconds / 60)} minutes` : `${Number(seconds.toPrecision(2))} seconds`
}
