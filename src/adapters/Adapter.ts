/**
 * What stands between an engine and something that people already run: which knobs it brings, how their values are put into
 * the thing, and where its measurements come from. That is all an adapter says; `attach` does the rest, once for all of them.
 *
 * Values are put in once when attached and after every change of the live configuration, never per call. Measurements carry the
 * generation under which the work started. Lower objectives are better, always: an adapter that has something to gain turns the sign.
 */
import type { EngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { problem } from "../domain/problems.ts"
import { outcomeOf } from "../engine/calls/outcome.ts"
import { methodProblems, refuse } from "./checkOptions.ts"

/** What a meter needs of an engine. */
export interface MeterPort {
  /** The engine's own time, microseconds. */
  readonly nowUs: () => number
  readonly generation: () => number
  readonly report: (digest: DigestInput) => void
}

/** Measures; reports where it is bound to, and nowhere when bound to null. */
export interface Meter {
  readonly bind: (port: MeterPort | null) => void
}

/** Gains of the tuning rule that suit what an adapter measures: `gains` of `createEngine`. */
export type AdapterGains = NonNullable<EngineConfig["gains"]>

/** Something that people already run, as an engine sees it. */
export interface Adapter<K extends string = string> {
  /** The knobs it brings, with bounds and a start. */
  readonly params: Readonly<Record<K, KnobConfig>>
  /** Puts values into the thing. Called on a change of generation, and with the same values more than once. */
  readonly apply: (values: Readonly<Record<K, number>>) => void
  readonly meter: Meter
  /** For the engine that is made for it; the rule's own where omitted. */
  readonly gains?: AdapterGains
}

/** The part of an engine that an adapter needs; `createEngine` gives one. */
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
  /** False where another adapter of the same engine measures: an engine has one objective. Default true. */
  readonly measure?: boolean
}

/** An adapter at work. */
export interface Attached {
  /** Lets go: nothing is put in or measured any more; the thing keeps the values it has. A second call does nothing. */
  readonly stop: () => void
}

/** Adapters at work: two engines that turn one knob would each read what the other did. */
const taken = new WeakMap<object, MeterPort>()

/** A ConfigError for what is no engine, has not these knobs, or where another engine tunes the same thing. */
function check(engine: unknown, adapter: Pick<Adapter, "params">): void {
  const { params } = adapter
  const calls = methodProblems(
    engine,
    ["engine"],
    ["observe", "subscribe", "getSnapshot"],
    "an engine of its own",
    "createEngine makes one; an engine of a fleet has no `subscribe`.",
  )
  const { values } = calls.length > 0 ? { values: params } : (engine as EngineLike)
  const missing = Object.keys(params).filter((name) => !(name in values))
  refuse([
    ...calls,
    ...missing.map((name) =>
      problem(
        ["params", name],
        "is not a knob of this engine.",
        "Make it with params: adapter.params, or use tune.",
      ),
    ),
    ...(taken.has(adapter) ? [problem(["adapter"], "is attached already.", "Stop that one first.")] : []),
  ])
}

/**
 * Lets an engine tune what the adapter stands for. The engine's `params` must hold the adapter's: spread them into
 * `createEngine`, or let `tune` do it. Before the engine starts and after it ends nothing is measured. Throws a ConfigError for what
 * is no engine or lacks a knob, and for an adapter that is attached and was not let go.
 *
 * @example
 * const limiter = inFlightLimiter()
 * const engine = createEngine({ params: limiter.params, window: adapterWindow, gains: limiter.gains })
 * attach(engine, limiter)
 * await engine.start()
 */
export function attach<K extends string>(
  engine: EngineLike<K>,
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
    // Whoever has just done a piece of work is not to blame for an engine that does not want to hear of it.
    report: (digest) => void outcomeOf(() => engine.observe(digest)),
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
