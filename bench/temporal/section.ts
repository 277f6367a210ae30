/** What a section of `npm run bench:temporal` is, and when a figure is wrong. */

/** One figure. */
export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** Largest value that is right; absent where the figure is for information. */
  readonly most?: number
  /** Smallest value that is right. */
  readonly least?: number
}

/** What a section is called and how it measures. */
export interface Section {
  readonly name: string
  readonly title: string
  readonly measure: () => Promise<ReadonlyArray<Row>>
}

/** What is wrong with a row, in words; null where nothing is. */
export function fault({ what, value, unit, most, least }: Row): string | null {
  if (Number.isNaN(value)) return `${what} could not be measured`
  if (most !== undefined && value > most) return `${what} is ${value} ${unit}, ${most} is the bound`
  if (least !== undefined && value < least) return `${what} is ${value} ${unit}, ${least} is the least`
  return null
}
