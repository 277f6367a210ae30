/**
 * Where a neural host stands, as plain data: every slice of its memory, what is part of it, what is planted, and its learning rates. A
 * checkpoint keeps it, and a host that is made from it goes on bit for bit as this one would have.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import { type AnyBlueprint, type BlueprintParameters, buildBlueprint } from "../blueprints/Blueprint.ts"
import type { Figures } from "../contracts/Host.ts"
import { irDigest } from "../tensor/digest.ts"
import { Graph } from "../tensor/Graph.ts"
import type { Shape } from "../tensor/ir.ts"
import type { Planted } from "./Grafts.ts"
import { fieldsOf, type Fields } from "./fields.ts"
import type { Insert } from "./mixed.ts"
import type { Network, Station } from "./Network.ts"
import type { NeuralHost } from "./NeuralHost.ts"

/** A blueprint by its name, with the digest of what it built: code is in no checkpoint. */
type Named<T> = Omit<T, "blueprint"> & { readonly blueprint: string; readonly kernel: string }

export interface HostStanding {
  /** By owner, in the order in which they came. */
  readonly slices: ReadonlyArray<readonly [number, Uint32Array]>
  readonly kept: ReadonlyArray<Omit<KeptGraft, "insert"> & { readonly insert: Named<Insert> }>
  readonly planted: ReadonlyArray<readonly [string, Named<Omit<Planted, "optimiser">>]>
  readonly rates: Fields
  /** By socket: what the quarantine found, and words that were left over. */
  readonly tried: ReadonlyMap<string, Figures>
  readonly leftOver: ReadonlyMap<string, number>
  readonly plantings: number
}

/** What a blueprint builds for a value of this shape: SHA-256 of its graph. A graft keeps one for life. */
function kernelOf(blueprint: AnyBlueprint, shape: Shape, parameters: BlueprintParameters): string {
  const graph = new Graph()
  buildBlueprint(blueprint, graph.scope("kernel", 1), graph.input("value", [1, ...shape]), parameters, 1)
  return irDigest(graph.nodes)
}

/** Of what is planted in a socket; empty where nothing is. */
export function kernelIn({ grafts, network }: NeuralHost, socket: string): string {
  const planted = grafts.bySocket.get(socket)
  return planted === undefined
    ? ""
    : kernelOf(planted.blueprint, shapeAt(network, socket), planted.parameters)
}

type SocketStation = Extract<Station, { kind: "socket" }>

/** A graft that is part of the host, with the socket that it closed and the one that it opened. */
interface KeptGraft {
  readonly socket: string
  readonly insert: Insert
  readonly opened: string
}

const keptIn = ({ stations }: Network): ReadonlyArray<KeptGraft> =>
  stations.flatMap((station, i) =>
    station.kind === "graft"
      ? [
          {
            socket: (stations[i - 1] as SocketStation).name,
            insert: station.insert,
            opened: (stations[i + 1] as SocketStation).name,
          },
        ]
      : [],
  )

/** Of a value at a socket, open or closed. */
const shapeAt = ({ stations }: Network, socket: string): Shape =>
  stations.find((one): one is SocketStation => one.kind === "socket" && one.name === socket)?.shape ?? []

/** For a checkpoint, between two boundaries. */
export function hostStanding({
  arena,
  network,
  grafts,
  rates,
  figures,
  plantings,
}: NeuralHost): HostStanding {
  const named = <T extends Insert | Planted>(socket: string, one: T): Named<T> => {
    const { blueprint, ...rest } = one
    const kernel = kernelOf(blueprint, shapeAt(network, socket), one.parameters)
    return { ...rest, blueprint: blueprint.name, kernel }
  }
  return {
    slices: arena.owners.map((owner) => [owner, arena.snapshot(owner)]),
    kept: keptIn(network).map(({ socket, insert, opened }) => ({
      socket,
      insert: named(socket, insert),
      opened,
    })),
    planted: [...grafts.bySocket].map(([socket, planted]) => {
      const { optimiser, ...rest } = named(socket, planted)
      void optimiser
      return [socket, rest]
    }),
    rates: fieldsOf(rates),
    tried: figures.tried,
    leftOver: figures.leftOver,
    plantings,
  }
}

/** Puts a standing into a host that was just made. Throws a `GrowthError` where a blueprint is missing, or builds something else. */
export function restoreHost(host: NeuralHost, standing: HostStanding): void {
  const { arena, network, grafts, rates, figures, setup } = host
  const revived = <T extends { readonly blueprint: string; readonly parameters: BlueprintParameters }>(
    socket: string,
    { kernel, ...named }: T & { readonly kernel: string },
  ) => {
    const blueprint = setup.catalogue.find(({ name }) => name === named.blueprint)
    if (blueprint === undefined) throw another(`There is no blueprint ${JSON.stringify(named.blueprint)}.`)
    if (kernelOf(blueprint, shapeAt(network, socket), named.parameters) !== kernel)
      throw another(`The blueprint ${JSON.stringify(named.blueprint)} is not the one that was planted.`)
    return { ...named, blueprint }
  }
  for (const { socket, insert, opened } of standing.kept)
    network.keep(socket, revived(socket, insert), opened)
  for (const [socket, planted] of standing.planted)
    grafts.bySocket.set(socket, { ...revived(socket, planted), optimiser: host.graftOptimiser() })
  for (const [owner, words] of standing.slices) {
    const planted = [...grafts.bySocket].find((entry) => entry[1].owner === owner) ?? null
    if (!arena.owners.includes(owner)) arena.append(owner, host.parametersOf(owner, planted), 0)
    arena.restore(owner, words)
  }
  Object.assign(rates, standing.rates)
  for (const [socket, found] of standing.tried) figures.tried.set(socket, found)
  for (const [socket, words] of standing.leftOver) figures.leftOver.set(socket, words)
  host.plantings = standing.plantings
}

const another = (message: string): GrowthError =>
  new GrowthError({
    problems: [problem(["blueprints"], message, "Give the blueprints that the host has grown with.")],
  })
