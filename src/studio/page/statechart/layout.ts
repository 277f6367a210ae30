/**
 * Where everything in a statechart goes. The charts are the library's own and known when the page is built, so they are laid out then
 * (`scripts/chartLayouts.ts`); the page fetches the result when the first chart is looked at.
 */
import type { Graph } from "./Graph.ts"
import type { ChartLayout } from "./layouts.ts"

/** How large a layout can be shown in a room. */
const scaleIn = ({ width, height }: ChartLayout, room: { width: number; height: number }): number =>
  Math.min(room.width / width, room.height / height)

/** The layout that can be shown largest: downwards or to the right. */
export async function layoutOf(
  { machine }: Graph,
  room: { readonly width: number; readonly height: number },
): Promise<ChartLayout> {
  const { layouts } = await import("./layouts.ts")
  const both = layouts[machine.name]
  if (both === undefined) throw new Error(`This page has no picture of ${machine.name}. Reload it.`)
  const [down, right] = both
  return scaleIn(right, room) > scaleIn(down, room) ? right : down
}
