/** The layout of every statechart by its name. Empty in the source: `scripts/chartLayouts.ts` fills it in when the page is built. */

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface MoveLayout {
  readonly points: ReadonlyArray<Point>
  readonly label: Box | null
}

export interface ChartLayout {
  readonly width: number
  readonly height: number
  /** By state id. */
  readonly boxes: Readonly<Record<string, Box>>
  /** Where a compound state is entered, by its id. */
  readonly starts: Readonly<Record<string, Point>>
  readonly startMoves: Readonly<Record<string, MoveLayout>>
  /** By move id. */
  readonly moves: Readonly<Record<string, MoveLayout>>
}

/** Downwards, and to the right. */
export type ChartLayouts = readonly [down: ChartLayout, right: ChartLayout]

export const layouts: Readonly<Record<string, ChartLayouts | undefined>> = {}
