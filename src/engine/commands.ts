/**
 * What a person may ask of an engine that runs. When such a call returns it has been carried out, in any state of the engine and from
 * inside any callback: by the machines where they live, by Tier 1 directly where they do not. Otherwise it throws, and nothing
 * has changed. `docs/semantics.md` has the table.
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
import { type EngineActor, safeModeState } from "./contract/EngineSnapshot.ts"
import { type Recovery, tripsOf } from "./supervision/Recovery.ts"

/** An engine, as far as commands go. */
export interface CommandHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly tree: { readonly alive: boolean }
  readonly recovery: Recovery
  /** A stop that proves its base has come to its end. */
  readonly isProved: boolean
  readonly nowUs: number
  coarse: ReadonlyArray<CoarseKnob>
  readonly releases: Listeners<void>
  /** Journals that a command came, and says when. */
  readonly command: (code: number) => number
}

/**
 * Has the machine do it. Where no actor has, Tier 1 does it by hand, and the actor that should have is gone: then SafeMode opens as
 * for any death.
 */
function send(core: CommandHost, event: EngineEvent, done: () => boolean, byHand: () => void): void {
  if (core.tree.alive) core.actor.send(event)
  if (done()) return
  core.hot.executor.proposal[P_NOW_US] = core.hot.nowUs
  byHand()
  core.recovery.confirm(false)
}

/** Puts the baseline back; a NoBaselineError while there is none. */
export function rollback(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor, config } = hot
  if (!config.hasBaseline) throw new NoBaselineError()
  const { rollbacks } = executor
  const nowUs = core.command(COMMAND_ROLLBACK)
  const event: EngineEvent = { type: "rollback", nowUs }
  trail.withNote("rollback", note, () =>
    send(
      core,
      event,
      () => executor.rollbacks > rollbacks,
      () => hot.rollback(true),
    ),
  )
}

/** SafeMode is open until a person lets it go. */
export function trip(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor } = hot
  const waiting = noteOfTrip(core, note)
  const event: EngineEvent = {
    type: "trip",
    reason: "manualTrigger",
    nowUs: hot.nowCell[0],
    ...(note === undefined ? {} : { note }),
  }
  const isOpen = (): boolean =>
    Atomics.load(executor.latch, 0) !== NOT_TRIPPED &&
    // A machine that was only to prove its base has come to its end by this.
    (core.isProved || (core.tree.alive && safeModeState(core.actor, hot)?.exit === "manualReset"))
  trail.withNote("safeModeEntered", waiting, () =>
    send(core, event, isOpen, () => {
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
  const { audit, executor } = core.hot
  if (note === undefined || Atomics.load(executor.latch, 0) !== TRIP_MANUAL) {
    core.command(COMMAND_TRIP)
    return note
  }
  const before = audit.written
  core.trail.withNote("command", note, () => {
    core.command(COMMAND_TRIP)
    // Where what comes from outside is not journaled there is no record of it yet. A full audit keeps its places for safety.
    if (audit.written === before && !audit.full) recordCommand(core.hot, COMMAND_TRIP)
  })
  return undefined
}

/** Lets SafeMode go, and what died too often begin anew. */
export function reset(core: CommandHost, note: string | undefined): void {
  const { hot, trail, recovery } = core
  if (recovery.escalated === null && safeModeState(core.actor, hot)?.exit === "auditDrained") {
    throw new EngineStateError({ reason: "auditFull", call: "reset" })
  }
  const nowUs = core.command(COMMAND_RESET)
  const event: EngineEvent = { type: "reset", nowUs, ...(note === undefined ? {} : { note }) }
  // It may open again at once, for what is still wrong.
  const before = tripsOf(hot)
  const isOver = (): boolean => !recovery.latchOpen || tripsOf(hot) > before
  trail.withNote("safeModeExited", note, () => {
    recovery.forgive()
    send(core, event, isOver, () => recovery.release())
  })
  if (safeModeState(core.actor, hot) === null) recovery.faultDetail = null
  core.releases.notify()
}

/** Makes the base the baseline. */
export function setBaseline(core: CommandHost, note: string | undefined): void {
  const { hot, trail } = core
  const { executor, config } = hot
  const nowUs = core.command(COMMAND_SET_BASELINE)
  const baseline = new Float64Array(config.knobs)
  const isKept = (): boolean => {
    if (!config.hasBaseline) return false
    config.baselineUnits(baseline)
    return baseline.every((unit, i) => unit === executor.base[i])
  }
  const event: EngineEvent = { type: "setBaseline", nowUs }
  trail.withNote("baselineSet", note, () => send(core, event, isKept, () => executor.setBaseline()))
}

/** Guardrails as the option takes them; throws a ConfigError for what is no policy. */
export function checkedGuardrails(guardrails: unknown): GuardrailConfig {
  const config = parseGuardrails(guardrails)
  if (config instanceof ConfigError) throw config
  return config
}

/**
 * Puts another policy in force. The record is Tier 1's own and holds the whole policy, so that it is what a replay gives again. An
 * AuditError where the change could not be recorded.
 */
export function setGuardrails(
  core: CommandHost,
  guardrails: GuardrailConfig,
  note: string | undefined,
): void {
  const policy = resolveGuardrails(guardrails)
  const { hot, trail } = core
  const { executor, nowCell } = hot
  if (hot.audit.full) {
    const detail =
      "it has no room for the record of other guardrails, and what cannot be recorded is not done"
    throw new AuditError({ reason: "write", sink: "ring", detail })
  }
  nowCell[0] = core.nowUs
  const nowUs = nowCell[0]
  const before = executor.policy
  const event: EngineEvent = { type: "setGuardrails", policy, nowUs }
  trail.withNote("guardrailsSet", note, () =>
    send(
      core,
      event,
      () => executor.policy !== before,
      () => hot.setGuardrails(policy),
    ),
  )
  core.coarse = coarseKnobs(core.settings.space, policy.maxStep)
}
