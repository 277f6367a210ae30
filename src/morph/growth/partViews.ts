/** A growing host at a boundary, part by part: the network, and of each socket the graft, its gates and what it is worth. Plain data. */
import type { Figures, Verdict } from "../contracts/Host.ts"
import type { GraftLife } from "../grafting/GraftLife.ts"
import type { GraftTable } from "../grafting/GraftTable.ts"
import type { StationView } from "../neural/stations.ts"
import type { SocketView } from "./GrowthBoundary.ts"

/** A part of the host: a layer, a kept graft, or a socket with what is in it. */
export interface PartView extends StationView {
  /** Null for what is no socket. */
  readonly socket: SocketPart | null
}

/** A socket with what its graft has shown. */
export interface SocketPart extends SocketView {
  /** What was measured at the last boundary, `lossWith` and `lossWithout` the graft among it. */
  readonly figures: Figures
  /** The last verdict of each gate, G0 first; null where it was not asked. */
  readonly gates: ReadonlyArray<Verdict | null>
}

/** What a socket shows at every boundary. */
export const socketView = ({ slot, state, planting, alpha, conditions }: GraftLife): SocketView => ({
  name: slot,
  state,
  graft: planting?.graft ?? null,
  blueprint: planting?.blueprint ?? null,
  alpha,
  paused: conditions.paused,
})

/** Joins the network with the lives in its sockets. */
export function partViews(stations: ReadonlyArray<StationView>, table: GraftTable): ReadonlyArray<PartView> {
  return stations.map((station) => {
    const { kind, name } = station
    const life = kind === "socket" && table.lives.find(({ slot }) => slot === name)
    const socket = life ? { ...socketView(life), figures: table.figuresOf(name), gates: life.verdicts } : null
    return { ...station, socket }
  })
}
