/**
 * What an engine is given, what it remembers between events, and what it answers to. Apart from the chart, so that the
 * chart can be read as one.
 */
import { NOT_TRIPPED, PERIODIC, TRIP_ENGINE_FAULT } from "../src/hot/codes.ts"
import { P_NOW_US } from "../src/hot/SafetyExecutor.ts"
import { DEFAULT_REENTRY } from "../src/control/relocationDefaults.ts"
import type { AnyActorRef } from "xstate"
import { SnapshotError } from "../src/domain/SnapshotError.ts"
import { type DigestFields, HotPath } from "../src/hot/HotPath.ts"
import type { HotPathRecord } from "../src/hot/hotPathRecord.ts"
import type { GuardrailNumbers } from "../src/hot/Guardrails.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../src/hot/spsaSettings.ts"
import {
  beginComparison,
  type Compared,
  comparePair,
  compareSilence,
  type Comparison,
  type ComparisonPolicy,
} from "../src/control/comparison.ts"
import type { SafeModePolicy } from "../src/control/tripRules.ts"
import { type CycleMemory } from "./cycleContext.ts"
import { type CycleLimits, DEFAULT_CYCLE_LIMITS } from "./cycleLimits.ts"
import type {
  CycleReport,
  DeadlineEvent,
  GuardrailsSetEvent,
  LatchResumedEvent,
  PlantSettledEvent,
  ResetEvent,
  RolledBackEvent,
  SafeModeReport,
  TickEvent,
  TripEvent,
  WindowEvent,
  WindowExpiredEvent,
} from "./events.ts"
import { type GuardrailParts, guardrailParts, type OwnNumbers } from "./guardrailParts.ts"
import { hotFor } from "./liveParts.ts"
import { Opaque } from "./Opaque.ts"
import { recordsIn } from "./persistCodec.ts"
import type { GuardActedEvent } from "./runaway.machine.ts"
import type { EvictEvent, OfferEvent, RelocationReport } from "./relocationEvents.ts"
import type { RelocationMemory, RelocationPolicy } from "./relocationState.ts"
import { type BindPort, ProposalPort } from "./ProposalPort.ts"

/** A digest as an object, as `HotPath.observeObject` takes it. */
export type EngineDigest = DigestFields

/** What `engineMachine` is started with; only `hot` and `seed` are required. */
export interface EngineInput {
  /** The hot path this engine drives; it must not be shared with another engine. */
  readonly hot: HotPath
  /** Integer from 0 to 2^53 - 1: same seed and digests, same proposals. */
  readonly seed: number
  /** Default "minimize". */
  readonly objective?: "minimize" | "maximize"
  readonly settings?: Partial<SpsaSettings>
  readonly limits?: Partial<CycleLimits>
  readonly safeMode?: Partial<SafeModePolicy>
  /**
   * Whether windows of the baseline are measured between windows of the base, and the plant is rolled back when a test says that
   * the base is worse. Default null: no; `{}`: yes, with `DEFAULT_COMPARISON`.
   */
  readonly comparison?: Partial<ComparisonPolicy> | null
  /**
   * Whether the base may be taken to places known before: by the homeostasis cache (`features`: the channels that tell contexts
   * apart) and by the selection of variants (`selection`). Default null: no.
   */
  readonly relocation?: RelocationConfig | null
  /**
   * Whether the runaway guard may take the plant back to its baseline when that is known to be better, and judge from there. Default
   * true.
   */
  readonly guard?: boolean
  /** Names of the knobs by id, for violations. */
  readonly names?: ReadonlyArray<string>
  /**
   * Whether the configuration at the start counts as the last known good one until a better has proved itself.
   * Default true: it is what a person wrote down.
   */
  readonly startIsBaseline?: boolean
}

export interface RelocationConfig {
  readonly features: RelocationPolicy["features"]
  readonly selection: RelocationPolicy["selection"]
  readonly reentry?: Partial<RelocationPolicy["reentry"]>
  /** What an earlier engine remembered. */
  readonly memory?: RelocationMemory | null
  /** Names of the extra channels of a digest. */
  readonly extras?: ReadonlyArray<string>
}

/** Context of `engineMachine`. What is live is boxed, so that no snapshot carries or copies it. */
export interface EngineContext extends GuardrailParts {
  readonly hot: Opaque<HotPath>
  readonly bind: Opaque<BindPort>
  readonly port: ProposalPort
  readonly settings: SpsaSettings
  /** What was asked for beside the guardrails. */
  readonly own: OwnNumbers & { readonly startIsBaseline: boolean; readonly guard: boolean }
  readonly names: ReadonlyArray<string>
  readonly sign: 1 | -1
  /** What came of comparing the base with the baseline; null where it is not. */
  readonly comparison: Comparison | null
  /** How the base is taken elsewhere, and what is remembered while nobody does; null where it is not. */
  readonly relocation: {
    readonly policy: RelocationPolicy
    readonly extras: ReadonlyArray<string>
    readonly memory: RelocationMemory | null
  } | null
  /** Tier 1's policy that everybody else goes by, as a count of its changes. */
  readonly policies: number
  /** Regressions in a row, as Tier 1 was last told. */
  readonly regressions: number
  /** The loss when SafeMode opened: what a recovery is measured against. */
  readonly lossAtTrip: number | null
  /** The child that failed and has to be started anew. */
  readonly fault: FaultyChild | null
  /** What the next cycle is to know when this one has died. */
  readonly memory: CycleMemory | null
}

/** The children whose failing the engine survives. */
export type FaultyChild = "cycle" | "telemetry" | "relocation" | "guard"

/** A supervisor's finding that a child is as good as dead: it does not answer, or its state is no state. */
export interface ChildDiedEvent {
  readonly type: "childDied"
  readonly child: FaultyChild
  readonly nowUs: number
}

/** A supervisor lets SafeMode go after a fault; children that died are started anew, the cycle with this memory. */
export interface RestartEvent {
  readonly type: "restart"
  readonly memory: CycleMemory | null
  readonly nowUs: number
}

/** What `engineMachine` answers to. Times are microseconds on the engine's clock. */
export type EngineEvent =
  /** `resumed`: what the latch takes over from an engine whose place this one takes. */
  | {
      readonly type: "start"
      readonly nowUs: number
      readonly resumed?: Omit<LatchResumedEvent, "type" | "nowUs"> | undefined
    }
  | { readonly type: "stop"; readonly nowUs: number }
  /** As `stop`, and before it so many pairs of windows decide whether the plant stays on its base or goes to its baseline. */
  | { readonly type: "prove"; readonly pairs: number; readonly nowUs: number }
  | { readonly type: "digest"; readonly digest: EngineDigest }
  | { readonly type: "rollback"; readonly nowUs: number }
  /** Tier 1 has rolled back by itself while nobody was there to count it. */
  | RolledBackEvent
  | { readonly type: "setBaseline"; readonly nowUs: number }
  /** Another policy for Tier 1; one that no executor could work with, or that cannot be recorded now, changes nothing. */
  | { readonly type: "setGuardrails"; readonly policy: GuardrailNumbers; readonly nowUs: number }
  | GuardrailsSetEvent
  | { readonly type: "drained"; readonly nowUs: number }
  /** Before the start: what is remembered of an earlier engine. */
  | { readonly type: "recall"; readonly memory: RelocationMemory }
  | OfferEvent
  | EvictEvent
  | ChildDiedEvent
  | RestartEvent
  | TickEvent
  | TripEvent
  | ResetEvent
  /** Its own, after a reset: what that makes of the runaway guard's trial has been carried out. */
  | (Omit<ResetEvent, "type"> & { readonly type: "resetLatch" })
  | WindowEvent
  | WindowExpiredEvent
  | DeadlineEvent
  | CycleReport
  | GuardActedEvent
  | RelocationReport
  | SafeModeReport
  | PlantSettledEvent

/** What a parent machine gets when the engine is done. */
export interface EngineOutput {
  readonly generation: number
  /** Where the plant was left: its base, unit space. */
  readonly base: ReadonlyArray<number>
}

function relocationOf({ relocation, limits }: EngineInput): EngineContext["relocation"] {
  if (relocation === undefined || relocation === null) return null
  const { features, selection, reentry, memory, extras } = relocation
  const { timeoutsToTrip, refusalsToTrip } = { ...DEFAULT_CYCLE_LIMITS, ...limits }
  return {
    policy: {
      reentry: { ...DEFAULT_REENTRY, ...reentry },
      features,
      selection,
      timeoutsToTrip,
      refusalsToTrip,
    },
    extras: extras ?? [],
    memory: memory ?? null,
  }
}

/** The comparison after an event of the cycle, or null where there is none or nothing to say. */
export function comparedBy(context: EngineContext, event: EngineEvent): Compared | null {
  const { comparison, comparisonPolicy: policy } = context
  if (comparison === null || policy === null) return null
  if (event.type === "pairRead") return comparePair(comparison, event, event.base, policy)
  // Without a baseline there is nothing to wait for.
  if (!context.hot.get().config.hasBaseline) return null
  return event.type === "cycleCompleted" ? compareSilence(comparison, event.nowUs, policy) : null
}

/** Tier 1 by hand, where its actor itself has failed. */
export function secure({ hot }: EngineContext): void {
  const { config, executor, nowCell } = hot.get()
  executor.openLatch(TRIP_ENGINE_FAULT)
  executor.proposal[P_NOW_US] = nowCell[0]
  if (config.hasBaseline) executor.rollback()
  else executor.returnToBase()
}

/**
 * Whether somebody who knows this generation knows where the plant stands and what Tier 1 lets through. Who does not is about to be
 * told: what they asked for until then would be refused.
 */
export function isUpToDate({ hot, policies }: EngineContext, generation: number): boolean {
  const { config, executor } = hot.get()
  const open = Atomics.load(executor.latch, 0) !== NOT_TRIPPED
  return !open && generation === config.generation && policies === executor.policies
}

/** A parent that was restored from JSON holds what was written of its hot path: that stands for the live one. */
function liveHot(hot: HotPath | HotPathRecord | undefined, self: AnyActorRef): HotPath {
  if (hot instanceof HotPath) return hot
  const [record] = recordsIn(hot)
  if (record !== undefined) return hotFor(record, self)
  throw new SnapshotError({
    path: "input.hot",
    detail: "hot is missing. Pass the `hot` that makeHotPath({ knobs }) returns.",
  })
}

/** A seed that is none would draw nothing twice alike. */
function checkSeed(seed: unknown): void {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return
  throw new SnapshotError({
    path: "input.seed",
    detail: "seed must be a whole number from 0 to 2^53 - 1, such as 42.",
  })
}

/** There is a baseline, and the base lies elsewhere. */
export function isOffBaseline({ config, executor }: HotPath): boolean {
  if (!config.hasBaseline) return false
  const baseline = new Float64Array(config.knobs)
  config.baselineUnits(baseline)
  return baseline.some((unit, i) => unit !== executor.base[i])
}

/** Which knobs lie on a circle, by id. */
export const circlesOf = ({ table }: HotPath): ReadonlyArray<boolean> =>
  Array.from(table.scale, (scale) => scale === PERIODIC)

export function initialContext(input: EngineInput, self: AnyActorRef): EngineContext {
  const hot = liveHot((input as EngineInput | undefined)?.hot, self)
  checkSeed(input.seed)
  const { policy } = hot.executor
  const { port, bind } = ProposalPort.create()
  const own = {
    limits: input.limits ?? {},
    safeMode: input.safeMode ?? {},
    comparison: input.comparison ?? null,
    startIsBaseline: input.startIsBaseline ?? true,
    guard: input.guard ?? true,
  }
  return {
    hot: new Opaque("hotPath", hot),
    bind: new Opaque("bind", bind),
    port,
    settings: { ...DEFAULT_SPSA, ...input.settings, seed: input.seed, maxStep: policy.maxStep },
    own,
    ...guardrailParts(policy, own, circlesOf(hot)),
    names: input.names ?? [],
    sign: input.objective === "maximize" ? -1 : 1,
    comparison: own.comparison === null ? null : beginComparison(0),
    relocation: relocationOf(input),
    policies: hot.executor.policies,
    regressions: 0,
    lossAtTrip: null,
    fault: null,
    memory: null,
  }
}
