/**
 * The host's network as a list of stations that a value passes: layers, sockets, and grafts that have become part of it. Every graph that
 * training, gates or answers need is built from this list, so all of them agree on what the network is.
 */
import type { Socket } from "../contracts/Host.ts"
import type { Graph } from "../tensor/Graph.ts"
import type { Node, Shape } from "../tensor/ir.ts"
import { applyLayer, type Layer, shapesBehind } from "./layers.ts"
import { type Insert, mixed } from "./mixed.ts"
import type { NeuralOptions } from "./options.ts"

/** What a value passes. */
export type Station =
  | { readonly kind: "layer"; readonly name: string; readonly layer: Layer }
  | { readonly kind: "socket"; readonly name: string; readonly shape: Shape }
  | { readonly kind: "graft"; readonly insert: Insert }

/** Grafts by the socket that they are in. */
export type Inserts = ReadonlyMap<string, Insert>

export const HOST = 0

export class Network {
  readonly options: NeuralOptions
  /** In the order that a value passes them; the head comes last and is not among them. */
  readonly stations: Array<Station>

  constructor(options: NeuralOptions) {
    this.options = options
    const shapes = shapesBehind(options.hidden, options.shape)
    this.stations = options.hidden.flatMap((layer, i): ReadonlyArray<Station> => {
      const name = `hidden${i + 1}`
      return [
        { kind: "layer", name, layer },
        { kind: "socket", name, shape: shapes[i] },
      ]
    })
  }

  /** Where something can be planted: a socket that a graft has been kept in is closed, and the one behind that is open. */
  get sockets(): ReadonlyArray<Socket> {
    return this.stations.flatMap((station, i) =>
      station.kind === "socket" && this.stations[i + 1]?.kind !== "graft"
        ? [{ name: station.name, shape: station.shape }]
        : [],
    )
  }

  /** The grafts that are part of the host. */
  get kept(): ReadonlyArray<Insert> {
    return this.stations.flatMap((station) => (station.kind === "graft" ? [station.insert] : []))
  }

  /** Makes a graft part of the host, and opens a socket of the given name behind it. */
  keep(socket: string, insert: Insert, opened: string): void {
    const at = this.indexOf(socket)
    const { shape } = this.stations[at] as Extract<Station, { kind: "socket" }>
    this.stations.splice(
      at + 1,
      0,
      { kind: "graft", insert: { ...insert, alpha: 1 } },
      { kind: "socket", name: opened, shape },
    )
  }

  /** From a row to what the host gives; `seen` gets the value at each socket, before what is planted there. */
  whole(graph: Graph, value: Node, inserts: Inserts, seen?: Map<string, Node>): Node {
    return this.pass(graph, value, 0, inserts, seen)
  }

  /** From the value at a socket, with what is planted there, to what the host gives. */
  tail(graph: Graph, socket: string, value: Node, inserts: Inserts, seen?: Map<string, Node>): Node {
    return this.pass(graph, value, this.indexOf(socket), inserts, seen)
  }

  private indexOf(socket: string): number {
    return this.stations.findIndex((station) => station.kind === "socket" && station.name === socket)
  }

  private pass(graph: Graph, start: Node, from: number, inserts: Inserts, seen?: Map<string, Node>): Node {
    const { activation, outputs } = this.options
    let value = start
    for (const station of this.stations.slice(from)) {
      if (station.kind === "layer")
        value = graph.apply(activation, [applyLayer(graph, station.name, value, station.layer)])
      else if (station.kind === "graft") value = mixed(graph, value, station.insert)
      else {
        seen?.set(station.name, value)
        const insert = inserts.get(station.name)
        if (insert !== undefined) value = mixed(graph, value, insert)
      }
    }
    return applyLayer(graph, "head", flat(graph, value), { units: outputs, window: 0, stride: 1 })
  }
}

/** All numbers of a row in one axis. */
function flat(graph: Graph, value: Node): Node {
  if (value.shape.length === 2) return value
  const [batch, ...rest] = value.shape
  return graph.apply("reshape", [value], { shape: [batch, rest.reduce((product, n) => product * n, 1)] })
}
