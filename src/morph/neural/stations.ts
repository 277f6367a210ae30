/** A neural host as it can be shown: what a value passes from the input to the output, with the size of everything. */
import type { Arena } from "../tensor/Arena.ts"
import type { Grafts } from "./Grafts.ts"
import { HOST, type Network } from "./Network.ts"

/** A part of the network. Plain data. */
export interface StationView {
  /** A graft that was kept is a part of the host. */
  readonly kind: "layer" | "socket" | "kept"
  /** Of the layer, of the socket, or of the kept blueprint. */
  readonly name: string
  /** Of a layer. */
  readonly units?: number
  /** For a socket, of what is planted there. */
  readonly parameters: number
}

/** Numbers of an owner whose names begin so. */
export const sizeOf = (arena: Arena, owner: number | undefined, prefix = ""): number =>
  owner === undefined
    ? 0
    : arena.table(owner).reduce((sum, { name, size }) => (name.startsWith(prefix) ? sum + size : sum), 0)

/** In the order that a value passes them. A socket that is closed is left out. */
export function stationsOf(network: Network, { bySocket }: Grafts, arena: Arena): ReadonlyArray<StationView> {
  const head = {
    kind: "layer",
    name: "head",
    layer: { units: network.options.outputs, window: 0, stride: 1 },
  } as const
  return [...network.stations, head].flatMap((station, i, { [i + 1]: next }): ReadonlyArray<StationView> => {
    if (station.kind === "graft") {
      const { blueprint, owner } = station.insert
      return [{ kind: "kept", name: blueprint.name, parameters: sizeOf(arena, owner) }]
    }
    const { kind, name } = station
    if (kind === "layer") {
      const { units } = station.layer
      return [{ kind, name, units, parameters: sizeOf(arena, HOST, `${name}/`) }]
    }
    return next.kind === "graft" ? [] : [{ kind, name, parameters: sizeOf(arena, bySocket.get(name)?.owner) }]
  })
}
