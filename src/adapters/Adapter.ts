/**
 * Connects an engine to something that people already run. An adapter says which knobs it brings, how to apply
 * their values, and where measurements come from. `attach` does the rest, the same way for every adapter.
 *
 * Values are applied when the adapter is attached and whenever the live configuration changes, never per call.
 * Measurements carry the generation under which the work started. A lower objective is always better: an adapter
 * that maximizes something flips the sign.
 */
import type { EngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { problem } from "../domain/problems.ts"
import { outcomeOf } from "../engine/calls/outcome.ts"
import { methodProblems, refuse } from "./checkOptions.ts"

/** What a meter needs from an engine. */
export interface MeterPort {
  /** The engine's own time, microseconds. */
  readonly nowUs: () => number
  readonly generation: () => number
  /** Returns the error with which the engine refused the digest, else undefined. Never throws. */
  readonly report: (digest: DigestInput) => unknown
}

/** Measures work. Reports to the port it is bound to, and to nobody while bound to null. */
export interface Meter {
  readonly bind: (port: MeterPort | null) => void
}

/** Gains of the tuning rule that suit what this adapter measures: the `gains` of `createEngine`. */
export type AdapterGains = NonNullable<EngineConfig["gains"]>

/** Something that people already run, as an engine sees it. */
export interface Adapter<K extends string = string> {
  /** The knobs, with their bounds and initial values. */
  readonly params: Readonly<Record<K, KnobConfig>>
  /** Applies values. Called when the generation changes; the same values may come more than once. */
  readonly apply: (values: Readonly<Record<K, number>>) => void
  readonly meter: Meter
  /** Gains for an engine made for this adapter. Default: the tuning rule's own. */
  readonly gains?: AdapterGains
}

/** The part of an engine that an adapter needs. Engines made by `createEngine` have it. */
export interface EngineLike<K extends string = string> {
  readonly values: Readonly<Record<K, number>>
  readonly generation: number
  readonly nowUs: number
  readonly observe: (digest: DigestInput) => boolean
  readonly getSnapshot: () => { readonly status: "idle" | "running" | "stopped" }
  readonly subscribe: (listener: {
    readonly next: (snapshot: { readonly status: "idle" | "running" | "stopped" }) => void
    readonly complete: () => void
  }) => { unsubscribe(): void }
}

/** Options of `attach`. */
export interface AttachOptions {
  /** False if another adapter of the same engine measures: an engine has one objective. Default true. */
  readonly measure?: boolean
}

/** An attached adapter. */
export interface Attached {
  /** Detaches: stops applying and measuring. The last values stay in place. A second call does nothing. */
  readonly stop: () => void
}

/** Attached adapters. Two engines that turned the same knob would each read the effects of the other. */
const taken = new WeakMap<object, MeterPort>()

/** Throws a ConfigError if `engine` is not an engine, lacks a knob, or if the adapter is already attached. */
function check(engine: unknown, adapter: Pick<Adapter, "params">): void {
  const { params } = adapter
  const calls = methodProblems(
    engine,
    ["engine"],
    ["observe", "subscribe", "getSnapshot"],
    "an engine of its own",
    "Create one with createEngine; an engine of a fleet has no `subscribe`.",
  )
  const { values } = calls.length > 0 ? { values: params } : (engine as EngineLike)
  const missing = Object.keys(params).filter((name) => !(name in values))
  refuse([
    ...calls,
    ...missing.map((name) =>
      problem(
        ["params", name],
        "is not a knob of this engine.",
        "Create it with params: adapter.params, or use tune.",
      ),
    ),
    ...(taken.has(adapter) ? [problem(["adapter"], "is already attached.", "Stop that one first.")] : []),
  ])
}

/**
 * Lets an engine tune what the adapter controls. The engine's `params` must include the adapter's: spread them into
 * `createEngine`, or let `tune` do it. Nothing is measured before the engine starts or after it stops. Throws a
 * ConfigError if `engine` is not an engine or lacks a knob, or if the adapter is already attached.
 *
 * @example
 * const limiter = inFlightLimiter()
 * const engine = createEngine({ params: limiter.params, window: adapterWindow, gains: limiter.gains })
 * attach(engine, limiter)
 * await engine.start()
 */
export function attach<K extends string>(
  engine: EngineLike<NoInfer<K>>,
  adapter: Adapter<K>,
  options: AttachOptions = {},
): Attached {
  check(engine, adapter)
  let generation = Number.NaN
  let measuring = false
  const port: MeterPort = {
    nowUs: () => engine.nowUs,
    // What was put in last: an engine in another thread may be ahead of that.
    generation: () => generation,
    // The generation that was applied last. An engine in another thread may already be ahead of it.
    report: (digest) => {
      const told = outcomeOf(() => engine.observe(digest))
      return told.ok ? undefined : told.error
    },
  }
  const look = (status: "idle" | "running" | "stopped"): void => {
    const wanted = status === "running" && options.measure !== false
    if (wanted !== measuring) {
      measuring = wanted
      adapter.meter.bind(wanted ? port : null)
    }
    if (engine.generation === generation) return
    generation = engine.generation
    adapter.apply(engine.values)
  }
  look(engine.getSnapshot().status)
  taken.set(adapter, port)
  const letGo = (): void => void (taken.get(adapter) === port && taken.delete(adapter))
  const subscription = engine.subscribe({
    next: (snapshot) => look(snapshot.status),
    complete: () => {
      look("stopped")
      letGo()
    },
  })
  return {
    stop: () => {
      subscription.unsubscribe()
      if (measuring) adapter.meter.bind(null)
      measuring = false
      letGo()
    },
  }
}
