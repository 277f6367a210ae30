/**
 * The engine of a sequence: in manual time the one that `createEngine` gives, in system time the same core under a clock that the
 * sequence keeps, so that nothing waits.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { createEngine } from "../../src/index.node.ts"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { commandCalls } from "../../src/engine/commands.ts"
import { SinkQueues } from "../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { subscribeTo } from "../../src/engine/createEngine.ts"
import { relocationApi } from "../../src/engine/relocation/relocationApi.ts"
import { relocationParts } from "../../src/engine/relocation/relocationParts.ts"

export type Knob = "batch" | "level" | "timeout"

/** What a sequence does with its engine. */
export type Subject = Pick<
  ArqonEngine<Knob>,
  | "start"
  | "stop"
  | "values"
  | "generation"
  | "observe"
  | "subscribe"
  | "getSnapshot"
  | "rollback"
  | "trip"
  | "reset"
  | "setBaseline"
  | "setGuardrails"
  | "relocation"
  | "actor"
  | "windows$"
> & {
  readonly audit: Pick<ArqonEngine["audit"], "subscribe" | "state">
  /** Lets time be so late, whoever keeps it. */
  readonly tick: (nowUs: number) => void
}

export const manualSubject = (options: EngineOptions<Knob>): Subject =>
  createEngine({ ...options, clock: "manual" })

/** As it is in production, but for the clock: records are written by fibers, and the ring is emptied by ticks. */
export function systemSubject({ inspect, sinks = [], ...config }: EngineOptions<Knob>): Subject {
  let nowUs = 1
  const core = new EngineCore({
    settings: requireEngineConfig(config),
    runId: "system",
    readClock: () => nowUs,
    inspect,
    relocation: relocationParts,
  })
  core.trail.attach(new SinkQueues(sinks))
  const writers = core.trail.writers(() => core.settle()).map(({ run }) => Effect.runFork(run))
  const attempt =
    <A extends ReadonlyArray<unknown>, B>(call: (...args: A) => B) =>
    (...args: A): B =>
      core.calls.attempt(() => call(...args))
  return {
    start: async () => core.life.begin(),
    stop: async () => {
      core.life.end()
      await Effect.runPromise(core.trail.finish)
      await Effect.runPromise(Fiber.interruptAll(writers))
    },
    values: core.values as ArqonEngine<Knob>["values"],
    get generation() {
      return core.hot.config.generation
    },
    observe: attempt((digest) => core.observe(digest)),
    subscribe: (listener) => subscribeTo(core, listener),
    getSnapshot: () => core.snapshot() as ReturnType<ArqonEngine<Knob>["getSnapshot"]>,
    ...commandCalls((command) => void core.calls.attempt(() => core.send(command))),
    relocation: relocationApi(core),
    get actor() {
      return core.actor
    },
    windows$: core.windows$,
    audit: { subscribe: (listener) => core.trail.listeners.add(listener), state: () => core.trail.state() },
    tick: (at) => {
      nowUs = Math.max(nowUs, at)
      if (core.status === "running") core.tick(nowUs)
    },
  }
}
