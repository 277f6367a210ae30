/**
 * The codec beneath the machines' persistence: what a snapshot is as JSON, and back. Typed arrays and numbers that JSON has not are
 * written out; of live objects what is needed to make them again. Of solvers it knows no more than that they have a state; who
 * reads one hands in how. So an engine, which has none, does not carry the solver along.
 */
import { SnapshotError } from "../src/domain/SnapshotError.ts"
import { HotPath } from "../src/hot/HotPath.ts"
import type { HotPathRecord } from "../src/hot/hotPathRecord.ts"
import { type KnobNumbers, KnobTable } from "../src/hot/KnobTable.ts"
import { SpsaKernel } from "../src/hot/SpsaKernel.ts"
import type { SpsaSettings } from "../src/hot/spsaSettings.ts"
import { Opaque } from "./Opaque.ts"
import { type BindPort, portOf, ProposalPort } from "./ProposalPort.ts"

/** What JSON can say. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** Where the live objects that a snapshot names come from. Null: not from here, and what stands for it is left as it is. */
export interface LiveSource {
  readonly hot: (record: HotPathRecord) => HotPath | null
  readonly port: (number: number) => { readonly port: ProposalPort; readonly bind: BindPort } | null
  readonly solver: (state: Json) => unknown
}

/** Marks what is not plain JSON. */
const TAG = "$arqon"

/** What came out of `encode`: an actor hands it on with its own, and it is not to be done twice. */
const encoded = new WeakSet<object>()

/** Anything that Arqon's machines hold, as plain JSON. A SnapshotError that names the place of what cannot be. */
export function encode(value: unknown, path = "snapshot"): Json {
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
    case "object": {
      if (encoded.has(value)) return value as Json
      const made = encodeObject(value, path)
      if (typeof made === "object" && made !== null) encoded.add(made)
      return made
    }
    default:
      throw new SnapshotError({
        path,
        detail: `a ${typeof value} cannot be persisted. Keep it out of the context, for instance in an action or an actor.`,
      })
  }
}

function encodeObject(value: object, path: string): Json {
  if (Array.isArray(value)) return value.map((part, i) => encode(part, `${path}[${i}]`))
  if (value instanceof Float64Array) return { [TAG]: "f64", values: Array.from(value, (x) => encode(x)) }
  if (value instanceof HotPath) return value.toJSON() as unknown as Json
  if (value instanceof ProposalPort) return { [TAG]: "port", port: value.number }
  if (value instanceof Opaque) return encodeBoxed(value)
  if (value instanceof Error) return { name: value.name, message: value.message }
  const out: Record<string, Json> = {}
  for (const [key, part] of Object.entries(value))
    if (part !== undefined) out[key] = encode(part, `${path}.${key}`)
  // Somebody else's object may have a part of that name: then it is written as a list, or it would be taken for a mark.
  return TAG in out && !isRecord(out) ? { [TAG]: "object", entries: Object.entries(out) } : out
}

/** A record of a hot path that went through JSON is one still. */
const isRecord = (data: { readonly [key: string]: Json }): boolean => data[TAG] === "hot" && "knobs" in data

function encodeBoxed(box: Opaque<unknown>): Json {
  const inner = box.get()
  // As it is: a solver's state is JSON already, and the numbers in it are finite.
  if (box.holds === "solver") return { [TAG]: "solver", state: (inner as { state(): Json }).state() }
  if (box.holds === "bind") return { [TAG]: "bind", port: portOf(inner as BindPort)?.number ?? 0 }
  if (inner instanceof KnobTable) return { [TAG]: "knobs", knobs: encode(inner.toJSON()) }
  if (inner instanceof SpsaKernel)
    return { [TAG]: "kernel", knobs: encode(inner.table.toJSON()), settings: encode(inner.settings) }
  return { [TAG]: "hotPath", hot: encode(inner) }
}

const isObject = (data: unknown): data is { readonly [key: string]: Json } => {
  if (typeof data !== "object" || data === null) return false
  const prototype: unknown = Object.getPrototypeOf(data)
  return prototype === Object.prototype || prototype === null
}

/** What `encode` made, with live objects in the place of what stands for them. What is live already is passed on as it is. */
export function decode(data: unknown, source: LiveSource): unknown {
  if (Array.isArray(data)) return data.map((part: unknown) => decode(part, source))
  return isObject(data) ? decodeObject(data, source) : data
}

function decodeObject(data: { readonly [key: string]: Json }, source: LiveSource): unknown {
  switch (data[TAG]) {
    case undefined:
      return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, decode(part, source)]))
    case "number":
      return Number(data["text"])
    case "f64":
      return Float64Array.from(decode(data["values"], source) as ReadonlyArray<number>)
    case "port":
      return source.port(data["port"] as number)?.port ?? data
    case "bind": {
      const pair = source.port(data["port"] as number)
      return pair === null ? data : new Opaque("bind", pair.bind)
    }
    case "kernel": {
      const settings = decode(data["settings"], source) as SpsaSettings
      return new Opaque("kernel", new SpsaKernel(new KnobTable(decodeKnobs(data, source)), settings))
    }
    case "knobs":
      return new Opaque("knobs", new KnobTable(decodeKnobs(data, source)))
    case "object": {
      const entries = data["entries"] as ReadonlyArray<readonly [string, Json]>
      return Object.fromEntries(entries.map(([key, part]) => [key, decode(part, source)]))
    }
    case "solver":
      return new Opaque("solver", source.solver(data["state"]))
    case "hot":
      return source.hot(data as unknown as HotPathRecord) ?? data
    case "hotPath": {
      const hot = source.hot(data["hot"] as unknown as HotPathRecord)
      return hot === null ? data : new Opaque("hotPath", hot)
    }
    default:
      throw new SnapshotError({
        path: TAG,
        detail: `${JSON.stringify(data[TAG])} is not a part of Arqon. Restore it with the release that wrote it, or start again.`,
      })
  }
}

const decodeKnobs = (data: { readonly [key: string]: Json }, source: LiveSource) =>
  decode(data["knobs"], source) as ReadonlyArray<KnobNumbers>

/** The records of hot paths in a snapshot, wherever they lie, in order. */
export function recordsIn(data: unknown): ReadonlyArray<HotPathRecord> {
  if (Array.isArray(data)) return data.flatMap(recordsIn)
  if (!isObject(data)) return []
  if (isRecord(data)) return [data as unknown as HotPathRecord]
  return Object.values(data).flatMap(recordsIn)
}

/** Where a plant should stand after a restart: its baseline, else its base. Null when the data names neither. */
export function safeUnits(data: Json): Float64Array | null {
  // An actor's own record is newer than what its parent was given.
  const record = recordsIn(data).toSorted((a, b) => b.nowUs - a.nowUs)[0]
  return record === undefined ? null : Float64Array.from(record.baseline ?? record.base)
}
