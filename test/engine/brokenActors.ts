/** The real machines with a fault in one of them on demand, and an engine in manual time around them. */
import type { AnyActorLogic } from "xstate"
import { engineMachine } from "../../machines/engine.machine.ts"
import { hotPathLogic } from "../../machines/hotPath.ts"
import { safeModeMachine } from "../../machines/safeMode.machine.ts"
import { spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import type { EngineSnapshot } from "../../src/engine/contract/EngineSnapshot.ts"
import { bowl, type Knob, knobs, wobble } from "./plant.ts"

/** What can be wrong with an actor: it throws, it takes an event and does nothing, its numbers are none. */
export const faults = [
  "cycle throws",
  "cycle hangs",
  "cycle has NaN",
  "latch throws",
  "latch hangs",
  "hotPath throws",
  "hotPath hangs",
] as const
export type Fault = (typeof faults)[number]

/** The fault that is to come, or that is there now. */
export interface Broken {
  now: Fault | null
}

interface Contextual {
  readonly context: { readonly block: Float64Array; readonly next: Float64Array | null }
}

function breakable<L extends AnyActorLogic>(name: string, logic: L, broken: Broken): L {
  const transition: AnyActorLogic["transition"] = (snapshot, event, scope) => {
    const own = !event.type.startsWith("xstate.")
    if (own && broken.now === `${name} throws`) {
      broken.now = null
      throw new Error(`${name} broke`)
    }
    if (own && broken.now === `${name} hangs`) return snapshot
    const next: unknown = logic.transition(snapshot, event, scope)
    if (!own || broken.now !== `${name} has NaN`) return next
    const { context } = next as Contextual
    // An update that is under way would put sound numbers in their place.
    if (context.next !== null) return next
    broken.now = null
    return { ...(next as Contextual), context: { ...context, block: context.block.slice().fill(Number.NaN) } }
  }
  // One that hangs is well again when another takes its place.
  const well =
    <A extends ReadonlyArray<unknown>, B>(make: (...args: A) => B) =>
    (...args: A): B => {
      if (broken.now === `${name} hangs`) broken.now = null
      return make(...args)
    }
  const make: AnyActorLogic["getInitialSnapshot"] = (scope, input) => logic.getInitialSnapshot(scope, input)
  const restore = (snapshot: Parameters<AnyActorLogic["getPersistedSnapshot"]>[0], scope: unknown): unknown =>
    (logic.restoreSnapshot as (...args: ReadonlyArray<unknown>) => unknown)(snapshot, scope)
  return Object.create(logic, {
    transition: { value: transition },
    getInitialSnapshot: { value: well(make) },
    restoreSnapshot: { value: well(restore) },
  }) as L
}

export interface BrokenRig {
  readonly core: EngineCore
  readonly broken: Broken
  /** Digests and ticks, 20 ms apart; `silent` leaves the digests away. */
  readonly run: (count: number, silent?: boolean) => void
  readonly snapshot: () => EngineSnapshot
}

/** An engine over breakable actors; running, unless somebody else begins it. */
export function brokenRig(
  options: { readonly seed?: number; readonly begin?: boolean; readonly rollbacksPerHour?: number } = {},
): BrokenRig {
  const broken: Broken = { now: null }
  const machine = engineMachine.provide({
    actors: {
      spsaCycle: breakable("cycle", spsaCycleMachine, broken),
      safeMode: breakable("latch", safeModeMachine, broken),
      hotPath: breakable("hotPath", hotPathLogic, broken),
    },
  })
  const settings = requireEngineConfig({
    params: knobs,
    seed: options.seed ?? 42,
    clock: "manual",
    ...(options.rollbacksPerHour === undefined
      ? {}
      : { guardrails: { rollbacksPerHour: options.rollbacksPerHour } }),
  })
  const core = new EngineCore({
    settings,
    runId: "broken",
    readClock: null,
    machine,
  })
  if (options.begin !== false) core.life.begin()
  let i = 0
  return {
    core,
    broken,
    run: (count, silent = false) => {
      for (let n = 0; n < count; n++) {
        i++
        core.manualTick(i * 20_000)
        const values = core.values as Readonly<Record<Knob, number>>
        if (!silent) core.observe({ objective: bowl(values) + wobble(i, 0.002), timestampUs: i * 20_000 })
      }
    },
    snapshot: () => core.snapshot(),
  }
}

/** An event that no machine can read. */
export function breakRoot(root: { readonly send: (event: { type: "tick"; nowUs: number }) => void }): void {
  root.send({
    type: "tick",
    get nowUs(): number {
      throw new Error("the machine broke")
    },
  })
}

/** Ids of the proposals in an audit. */
export const proposals = (core: EngineCore): ReadonlyArray<number> =>
  core.trail
    .records()
    .filter(({ kind }) => kind === "proposal")
    .map(({ proposal }) => proposal ?? Number.NaN)
