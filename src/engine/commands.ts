/**
 * What a person may ask of an engine that runs: one union, which every face of the engine sends. When `send` returns the command has
 * been carried out, in any state of the engine and from inside any callback: by the machines where they live, by Tier 1 directly
 * where they do not. Otherwise it throws, and nothing has changed. `docs/semantics.md` has the table.
 */
import { resolveGuardrails } from "../control/guardrails.ts"
import type { EngineSettings } from "../domain/Config.ts"
import type { GuardrailConfig } from "../domain/configSchema.ts"
import { AuditError, ConfigError, EngineStateError, NoBaselineError } from "../domain/errors.ts"
import { parseGuardrails } from "../domain/guardrailConfig.ts"
import { type CoarseKnob, coarseKnobs } from "../domain/ParamSpace.ts"
import {
  COMMAND_RESET,
  COMMAND_ROLLBACK,
  COMMAND_SET_BASELINE,
  COMMAND_STOP_META,
  COMMAND_TRIP,
  NOT_TRIPPED,
  TRIP_MANUAL,
} from "../hot/codes.ts"
import { P_NOW_US } from "../hot/SafetyExecutor.ts"
import type { EngineEvent } from "../../machines/engineContext.ts"
import { recordCommand } from "../../machines/hotAudit.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { AuditTrail } from "./audit/AuditTrail.ts"
import type { Listeners } from "./calls/Listeners.ts"
import { type Note, noteOf } from "./contract/noteOf.ts"
import { type EngineActor, safeModeState } from "./contract/EngineSnapshot.ts"
import type { MetaPort } from "./contract/MetaState.ts"
import { type Recovery, tripsOf } from "./supervision/Recovery.ts"
import type { EngineLife } from "./EngineLife.ts"

/** Commands that say nothing but what they are, with the code under which they are journaled. */
export const PLAIN_COMMANDS = {
  rollback: COMMAND_ROLLBACK,
  trip: COMMAND_TRIP,
  reset: COMMAND_RESET,
  setBaseline: COMMAND_SET_BASELINE,
} as const
export type PlainCommand = keyof typeof PLAIN_COMMANDS

/** A command to an engine. Its note stands in the audit. */
export type Command =
  | { readonly type: PlainCommand; readonly note?: string | undefined }
  /** Puts another policy in force, as the option `guardrails` takes it. */
  | { readonly type: "setGuardrails"; readonly guardrails: unknown; readonly note?: string | undefined }
  /** Stops the meta level for good, with the gains of the configuration. */
  | { readonly type: "stopMeta"; readonly note?: string | undefined }
  /** Has the homeostasis cache forget a regime. */
  | { readonly type: "evict"; readonly regime: number; readonly note?: string | undefined }
  /** Says which variants may be live from now on. */
  | { readonly type: "offer"; readonly variants: unknown }

/** Commands that one engine takes whether or not it relocates: those of an engine in a worker, too. */
export type SteeringCommand = Exclude<Command, { readonly type: "evict" | "offer" }>

/** What every face of an engine offers a person, each call one command. `R` is what sending gives there. */
export interface CommandCalls<R> {
  readonly rollback: (note?: Note) => R
  readonly trip: (note?: Note) => R
  readonly reset: (note?: Note) => R
  readonly setBaseline: (note?: Note) => R
  readonly setGuardrails: (guardrails: GuardrailConfig, note?: Note) => R
  readonly stopMeta: (note?: Note) => R
}

/** The calls over the `send` of a face. */
export function commandCalls<R>(send: (command: SteeringCommand) => R): CommandCalls<R> {
  const plain = (type: PlainCommand) => (note?: Note) => send({ type, note: noteOf(note) })
  return {
    rollback: plain("rollback"),
    trip: plain("trip"),
    reset: plain("reset"),
    setBaseline: plain("setBaseline"),
    setGuardrails: (guardrails, note) => send({ type: "setGuardrails", guardrails, note: noteOf(note) }),
    stopMeta: (note) => send({ type: "stopMeta", note: noteOf(note) }),
  }
}

/** What the engine's machine is sent for it, live and when a record is replayed. */
export function eventOf(type: PlainCommand, nowUs: number, note?: string): EngineEvent {
  if (type !== "trip" && type !== "reset") return { type, nowUs }
  const said = note === undefined ? {} : { note }
  return type === "trip" ? { type, reason: "manualTrigger", nowUs, ...said } : { type, nowUs, ...said }
}

/** An engine, as far as commands go. */
export interface CommandHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly tree: { readonly alive: boolean }
  readonly recovery: Recovery
  readonly life: EngineLife
  readonly nowUs: number
  readonly meta: MetaPort | undefined
  coarse: ReadonlyArray<CoarseKnob>
  readonly releases: Listeners<void>
  /** Journals that a command came, and says when. */
  readonly command: (code: number) => number
}

/**
 * Has the machine do it. Where no actor has, Tier 1 does it by hand, and the actor that should have is gone: then SafeMode opens as
 * for any death.
 */
function through(core: CommandHost, event: EngineEvent, done: () => boolean, byHand: () => void): void {
  if (core.tree.alive) core.actor.send(event)
  if (done()) return
  core.hot.executor.proposal[P_NOW_US] = core.hot.nowUs
  byHand()
  core.recovery.confirm(false)
}

/** Carries out a command on an engine that runs and has mended what died. */
export function carryOut(core: CommandHost, command: SteeringCommand): void {
  switch (command.type) {
    case "rollback":
      return rollback(core, command.note)
    case "trip":
      return trip(core, command.note)
    case "reset":
      return reset(core, command.note)
    case "setBaseline":
      return setBaseline(core, command.note)
    case "setGuardrails":
      return setGuardrails(core, command.guardrails, command.note)
    case "stopMeta":
      // Where there is none it stands still already.
      core.meta?.stop(noted(core, COMMAND_STOP_META, command.note))
  }
}

/** Puts the baseline back; a NoBaselineError while there is none. */
function rollback(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor, config } = hot
  if (!config.hasBaseline) throw new NoBaselineError()
  const { rollbacks } = executor
  const nowUs = core.command(COMMAND_ROLLBACK)
  const event = eventOf("rollback", nowUs)
  trail.withNote("rollback", note, () =>
    through(
      core,
      event,
      () => executor.rollbacks > rollbacks,
      () => hot.rollback(true),
    ),
  )
}

/** SafeMode is open until a person lets it go. */
function trip(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor } = hot
  const waiting = noteOfTrip(core, note)
  const event = eventOf("trip", hot.nowCell[0], note)
  const isOpen = (): boolean =>
    Atomics.load(executor.latch, 0) !== NOT_TRIPPED &&
    // A machine that was only to prove its base has come to its end by this.
    (core.life.isProved || (core.tree.alive && safeModeState(core.actor, hot)?.exit === "manualReset"))
  trail.withNote("safeModeEntered", waiting, () =>
    through(core, event, isOpen, () => {
      executor.openLatch(TRIP_MANUAL)
      hot.returnToBase()
    }),
  )
}

/**
 * Journals the trip, and returns the note where it waits for the record of the latch. Where SafeMode is open by hand already the
 * latch has nothing to record: then the note stands on a record of the command.
 */
function noteOfTrip(core: CommandHost, note: string | undefined): string | undefined {
  if (note === undefined || Atomics.load(core.hot.executor.latch, 0) !== TRIP_MANUAL) {
    core.command(COMMAND_TRIP)
    return note
  }
  noted(core, COMMAND_TRIP, note)
  return undefined
}

/** Journals a command with a record of its own, which the note stands on; returns when it came. */
function noted(core: CommandHost, code: number, note: string | undefined): number {
  const { audit } = core.hot
  const before = audit.written
  let nowUs = 0
  core.trail.withNote("command", note, () => {
    nowUs = core.command(code)
    // Where what comes from outside is not journaled there is no record of it yet. A full audit keeps its places for safety.
    if (audit.written === before && !audit.full) recordCommand(core.hot, code)
  })
  return nowUs
}

/** Lets SafeMode go, and what died too often begin anew. */
function reset(core: CommandHost, note: string | undefined): void {
  const { hot, trail, recovery } = core
  if (recovery.escalated === null && safeModeState(core.actor, hot)?.exit === "auditDrained") {
    throw new EngineStateError({ reason: "auditFull", call: "reset" })
  }
  const nowUs = core.command(COMMAND_RESET)
  const event = eventOf("reset", nowUs, note)
  // It may open again at once, for what is still wrong.
  const before = tripsOf(hot)
  const isOver = (): boolean => !recovery.latchOpen || tripsOf(hot) > before
  trail.withNote("safeModeExited", note, () => {
    recovery.forgive()
    through(core, event, isOver, () => recovery.release())
  })
  if (safeModeState(core.actor, hot) === null) recovery.faultDetail = null
  core.releases.notify()
}

/** Makes the base the baseline. */
function setBaseline(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor, config } = hot
  const nowUs = core.command(COMMAND_SET_BASELINE)
  const baseline = new Float64Array(config.knobs)
  const isKept = (): boolean => {
    if (!config.hasBaseline) return false
    config.baselineUnits(baseline)
    return baseline.every((unit, i) => unit === executor.base[i])
  }
  const event = eventOf("setBaseline", nowUs)
  trail.withNote("baselineSet", note, () => through(core, event, isKept, () => executor.setBaseline()))
}

/**
 * Puts another policy in force. The record is Tier 1's own and holds the whole policy, so that it is what a replay gives again. An
 * AuditError where the change could not be recorded, a ConfigError for what is no policy.
 */
function setGuardrails(core: CommandHost, guardrails: unknown, note: string | undefined): void {
  const config = parseGuardrails(guardrails)
  if (config instanceof ConfigError) throw config
  const policy = resolveGuardrails(config)
  const { hot, trail } = core
  const { executor, nowCell } = hot
  if (hot.audit.full) {
    const detail =
      "it has no room for the record of new guardrails, and a change that cannot be recorded is not made"
    throw new AuditError({ reason: "write", sink: "ring", detail })
  }
  nowCell[0] = core.nowUs
  const nowUs = nowCell[0]
  const before = executor.policy
  const event: EngineEvent = { type: "setGuardrails", policy, nowUs }
  trail.withNote("guardrailsSet", note, () =>
    through(
      core,
      event,
      () => executor.policy !== before,
      () => hot.setGuardrails(policy),
    ),
  )
  core.coarse = coarseKnobs(core.settings.space, policy.maxStep)
}
