/**
 * Where a restored actor gets its live parts from. XState restores actors within actors from data alone: it hands no input to them.
 * So they look for what somebody above them was given as input, and where there is nothing they make it anew from the data.
 * All actors of one system that named one hot path, or one port, before have one again.
 */
import type { AnyActorRef } from "xstate"
import { SnapshotError } from "../src/domain/SnapshotError.ts"
import { HotPath } from "../src/hot/HotPath.ts"
import { type HotPathRecord, knobsDiffer, optionsFrom } from "../src/hot/hotPathRecord.ts"
import { Opaque } from "./Opaque.ts"
import type { LiveSource } from "./persistCodec.ts"
import { type BindPort, portOf, ProposalPort } from "./ProposalPort.ts"

interface PortPair {
  readonly port: ProposalPort
  readonly bind: BindPort
}

/** What the actors of a system have found so far, by what their snapshots call it. */
interface Found {
  readonly hots: Map<number, HotPath>
  readonly ports: Map<number, PortPair>
}

const found = new WeakMap<object, Found>()

function foundIn(system: object): Found {
  const before = found.get(system)
  if (before !== undefined) return before
  const none: Found = { hots: new Map(), ports: new Map() }
  found.set(system, none)
  return none
}

/** Levels of plain objects within an input that are searched. */
const LEVELS = 4

/** Everything live in an input. */
function liveIn(value: unknown, levels = LEVELS): ReadonlyArray<HotPath | PortPair> {
  if (typeof value !== "object" || value === null) return []
  if (value instanceof HotPath) return [value]
  if (value instanceof ProposalPort) return [{ port: value, bind: () => undefined }]
  if (value instanceof Opaque) return liveInBox(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  const plain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  return plain && levels > 0 ? Object.values(value).flatMap((part) => liveIn(part, levels - 1)) : []
}

function liveInBox(box: Opaque<unknown>): ReadonlyArray<HotPath | PortPair> {
  const inner = box.get()
  if (box.holds !== "bind") return liveIn(inner, 0)
  const port = portOf(inner as BindPort)
  return port === undefined ? [] : [{ port, bind: inner as BindPort }]
}

/** What the actor and those above it were given. */
function givenTo(actor: AnyActorRef): ReadonlyArray<HotPath | PortPair> {
  const { options, _parent: parent } = actor as AnyActorRef & { options?: { input?: unknown } }
  return [...liveIn(options?.input), ...(parent === undefined ? [] : givenTo(parent))]
}

/** The one of several hot paths that a record means; null where there is none. A SnapshotError where it cannot be told. */
export function chooseHot(record: HotPathRecord, hots: ReadonlyArray<HotPath>): HotPath | null {
  if (hots.length === 0) return null
  const named = record.name === "" ? [] : hots.filter(({ name }) => name === record.name)
  const among = named.length > 0 ? named : hots
  const fitting = among.filter(({ table }) => knobsDiffer(table, record) === null)
  const path = record.name === "" ? "hot" : `hot ${JSON.stringify(record.name)}`
  if (fitting.length === 1) return fitting[0]
  if (fitting.length > 1)
    throw new SnapshotError({
      path,
      detail:
        "several hot paths with the same knobs were given. Give each a unique `name`, in the persisted run too.",
    })
  throw new SnapshotError({
    path,
    detail: `the hot path given has other knobs than the snapshot: ${knobsDiffer(among[0].table, record)}. Give one made from the same knobs, or begin without the snapshot.`,
  })
}

/** A hot path of the same make as the one recorded, on its baseline. */
function made(record: HotPathRecord): HotPath {
  try {
    return new HotPath(optionsFrom(record))
  } catch (error) {
    throw new SnapshotError({
      path: "hot",
      detail: `no hot path can be made from the snapshot: ${String(error)}`,
    })
  }
}

/** The live hot path that a record stands for in the system of an actor. */
export function hotFor(record: HotPathRecord, actor: AnyActorRef): HotPath {
  const { hots } = foundIn(actor.system)
  const before = hots.get(record.id)
  if (before !== undefined) return before
  const taken = new Set(hots.values())
  const given = new Set(givenTo(actor).filter((live) => live instanceof HotPath))
  const free = Array.from(given).filter((hot) => !taken.has(hot))
  const hot = chooseHot(record, free) ?? made(record)
  hots.set(record.id, hot)
  return hot
}

function pairFor(number: number, actor: AnyActorRef, own: boolean): PortPair {
  const { ports } = foundIn(actor.system)
  const taken = new Set(Array.from(ports.values(), ({ port }) => port))
  const given = own ? [] : givenTo(actor).filter((live): live is PortPair => !(live instanceof HotPath))
  const free = given.filter(({ port }) => !taken.has(port))
  // One that comes with the means to tie it is worth more than the port alone.
  const whole = free.find(({ bind }) => portOf(bind) !== undefined)
  const pair = ports.get(number) ?? whole ?? free[0] ?? ProposalPort.create()
  ports.set(number, pair)
  return pair
}

/** The source for what an actor restores. `ownPort`: it makes its port itself and takes nobody's. */
export const sourceFor = (actor: AnyActorRef, solver: LiveSource["solver"], ownPort = false): LiveSource => ({
  hot: (record) => hotFor(record, actor),
  port: (number) => pairFor(number, actor, ownPort),
  solver,
})
