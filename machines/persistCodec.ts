/**
 * The codec beneath `persist.ts`: what a snapshot of one of Arqon's machines is as JSON. Of solvers it knows no more than that
 * they have a state; who revives one hands in how. So an engine, which has none, does not carry the solver along.
 */
import type { AnyActorRef, Snapshot } from "xstate"
import type { HotPath } from "../src/hot/HotPath.ts"
import { type KnobNumbers, KnobTable } from "../src/hot/KnobTable.ts"
import { SpsaKernel } from "../src/hot/SpsaKernel.ts"
import type { SpsaSettings } from "../src/hot/spsaSettings.ts"
import type { HotPathRecord } from "./hotPath.ts"
import { Opaque } from "./Opaque.ts"
import { type BindPort, ProposalPort } from "./ProposalPort.ts"

/** What JSON can say. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** The live objects that a snapshot without solvers may name; those it names must be there. */
export interface EngineParts {
  /** For engines and hot-path actors. */
  readonly hot?: HotPath | undefined
  /** For a cycle on its own; an engine makes its own port. */
  readonly port?: ProposalPort | undefined
}

/** What a solver in a snapshot becomes again. */
export type ReviveSolver = (state: Json) => unknown

/** Live objects: what their boxes hold is nothing to read. */
const LIVE: ReadonlyArray<string> = ["hotPath", "kernel", "knobs", "solver"]

/** Marks what is not plain JSON. */
const TAG = "$arqon"

/** The persisted snapshot of an actor, children included, as plain JSON. A TypeError for an actor that is not Arqon's. */
export function persist(actor: Pick<AnyActorRef, "getPersistedSnapshot">): Json {
  return encode(actor.getPersistedSnapshot())
}

/** A snapshot for `createActor(machine, { input, snapshot })`. */
export function reviveParts(
  data: Json,
  parts: EngineParts,
  solver: ReviveSolver = noSolver,
): Snapshot<unknown> {
  const made = ProposalPort.create()
  const decoder: Decoder = { hot: parts.hot, solver, port: parts.port ?? made.port, bind: made.bind }
  return decode(data, decoder) as Snapshot<unknown>
}

/** Where a plant should stand after a restart: its baseline, else its base. Null when the data names neither. */
export function safeUnits(data: Json): Float64Array | null {
  const record = findRecord(data)
  return record === null ? null : Float64Array.from(record.baseline ?? record.base)
}

const noSolver: ReviveSolver = () => {
  throw new TypeError("this snapshot holds a solver: revive it with `revive` of arqon/machines")
}

interface Decoder {
  readonly hot: HotPath | undefined
  readonly solver: ReviveSolver
  readonly port: ProposalPort
  readonly bind: BindPort
}

function encode(value: unknown): Json {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      // JSON has neither NaN nor infinities, and loses the sign of a negative zero.
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [TAG]: "number", text: Object.is(value, -0) ? "-0" : String(value) }
    case "object":
      return encodeObject(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be persisted`)
  }
}

function encodeObject(value: object): Json {
  if (Array.isArray(value)) return value.map(encode)
  if (value instanceof Float64Array) return { [TAG]: "f64", values: Array.from(value, encode) }
  if (value instanceof ProposalPort) return { [TAG]: "port" }
  if (value instanceof Opaque) return encodeBoxed(value)
  if (value instanceof Error) return { name: value.name, message: value.message }
  const out: Record<string, Json> = {}
  for (const [key, part] of Object.entries(value)) if (part !== undefined) out[key] = encode(part)
  // Somebody else's object may have a part of that name: then it is written as a list, or it would be taken for a mark.
  return TAG in out ? { [TAG]: "object", entries: Object.entries(out) } : out
}

function encodeBoxed(box: Opaque<unknown>): Json {
  const inner = box.get()
  // As it is: a solver's state is JSON already, and the numbers in it are finite.
  if (box.holds === "solver") return { [TAG]: "solver", state: (inner as { state(): Json }).state() }
  if (inner instanceof KnobTable) return { [TAG]: "knobs", knobs: encode(knobsOf(inner)) }
  if (!(inner instanceof SpsaKernel)) return { [TAG]: box.holds }
  return { [TAG]: "kernel", knobs: encode(knobsOf(inner.table)), settings: encode(inner.settings) }
}

function knobsOf(table: KnobTable): ReadonlyArray<KnobNumbers> {
  return Array.from({ length: table.size }, (_, i) => ({
    min: table.min[i],
    max: table.max[i],
    scale: table.scale[i],
    step: table.step[i],
    maxStep: table.maxStep[i],
  }))
}

const isObject = (data: Json): data is { readonly [key: string]: Json } =>
  typeof data === "object" && data !== null && !Array.isArray(data)

function decode(data: Json, decoder: Decoder): unknown {
  if (Array.isArray(data)) return data.map((part: Json) => decode(part, decoder))
  if (!isObject(data)) return data
  switch (data[TAG]) {
    case undefined:
      return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, decode(part, decoder)]))
    case "number":
      return Number(data["text"])
    case "f64":
      return Float64Array.from(decode(data["values"], decoder) as ReadonlyArray<number>)
    case "port":
      return decoder.port
    case "bind":
      return new Opaque("bind", decoder.bind)
    case "kernel": {
      const knobs = decode(data["knobs"], decoder) as ReadonlyArray<KnobNumbers>
      const settings = decode(data["settings"], decoder) as SpsaSettings
      return new Opaque("kernel", new SpsaKernel(new KnobTable(knobs), settings))
    }
    case "knobs":
      return new Opaque("knobs", new KnobTable(decode(data["knobs"], decoder) as ReadonlyArray<KnobNumbers>))
    case "object": {
      const entries = data["entries"] as ReadonlyArray<readonly [string, Json]>
      return Object.fromEntries(entries.map(([key, part]) => [key, decode(part, decoder)]))
    }
    case "solver":
      return new Opaque("solver", decoder.solver(data["state"]))
    case "hotPath":
      if (decoder.hot === undefined)
        throw new TypeError("this snapshot needs a hot path: revive(data, { hot })")
      return new Opaque("hotPath", decoder.hot)
    default:
      throw new TypeError(`unknown part in a persisted snapshot: ${JSON.stringify(data[TAG])}`)
  }
}

function findRecord(data: Json): HotPathRecord | null {
  if (!isObject(data)) return null
  const plain = decode(withoutHot(data), {
    hot: undefined,
    solver: noSolver,
    port: new ProposalPort(),
    bind: () => undefined,
  })
  const snapshot = plain as {
    readonly restored?: HotPathRecord | null
    readonly children?: {
      readonly hotPath?: { readonly snapshot: { readonly restored?: HotPathRecord | null } }
    }
  }
  return snapshot.restored ?? snapshot.children?.hotPath?.snapshot.restored ?? null
}

/** The data with the boxes of live objects emptied, so that it can be read without them. */
function withoutHot(data: Json): Json {
  if (Array.isArray(data)) return data.map(withoutHot)
  if (!isObject(data)) return data
  const tag = data[TAG]
  if (typeof tag === "string" && LIVE.includes(tag)) return null
  return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, withoutHot(part)]))
}
