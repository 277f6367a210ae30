/**
 * What came to an engine from outside, given again from its record: the start, a digest, a command. Needed by whatever runs
 * a recorded run anew.
 */
import { RECORD_CODE, RECORD_KIND, RECORD_VALUE } from "../../hot/AuditRing.ts"
import {
  AUDIT_GUARDRAILS_SET,
  COMMAND_AUDIT_FULL,
  COMMAND_DRAINED,
  COMMAND_EVICT,
  COMMAND_FAULT,
  COMMAND_OFFER,
  COMMAND_PROVE,
  COMMAND_RESTART,
  COMMAND_STOP,
  COMMAND_STOP_META,
  DIGEST_GENERATION,
} from "../../hot/codes.ts"
import { readDigestRecord } from "../../hot/digestRecord.ts"
import { readGuardrails } from "../../hot/guardrailRecord.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { journalInput } from "../../../machines/hotAudit.ts"
import { RECORD_ROWS } from "../../domain/records.ts"
import { readOfferText, type SelectableVariant } from "../../domain/Variant.ts"
import { eventOf, PLAIN_COMMANDS, type PlainCommand } from "../../engine/commands.ts"
import type { EngineCore } from "../../engine/EngineCore.ts"
import { attachMeta } from "../../engine/meta/attachMeta.ts"
import { startEvent } from "../../engine/resume.ts"
import { runSchedule } from "../../engine/schedule/runSchedule.ts"
import { ruleParts } from "../../engine/rules/RuleWatch.ts"
import { watchStability } from "../../engine/stability/watchStability.ts"

/** Whether a record says what came from outside, and not what was decided. */
export const isInput = (record: Float64Array): boolean => RECORD_ROWS[record[RECORD_KIND]]?.input === true

/** Begins an engine as its runtime does, without one. */
export function begin(core: EngineCore, nowUs: number): void {
  const { hot, actor, resumption, settings } = core
  ruleParts.watch(core)
  if (settings.stability) core.stability = watchStability(core)
  if (settings.schedule) core.schedule = runSchedule(core, true)
  if (settings.meta?.depth) core.meta = attachMeta(core)
  hot.nowCell[0] = nowUs
  actor.start()
  actor.send(startEvent(resumption, nowUs))
}

/** Observes the recorded digest, as one of this generation, at the time in `nowCell`. */
export function giveDigest(hot: HotPath, record: Float64Array, generation: number): void {
  readDigestRecord(record, hot.digest)
  hot.digest[DIGEST_GENERATION] = generation
  hot.observe()
}

/** The variants that a record's note says were offered; none where it says no such thing: then the replay differs. */
function offerOf(note: string | undefined): ReadonlyArray<SelectableVariant> {
  return readOfferText(note ?? "") ?? []
}

const PLAIN = Object.keys(PLAIN_COMMANDS) as ReadonlyArray<PlainCommand>

/** Asks again for what a command record says was asked, at the time in `nowCell`. */
export function giveCommand(core: EngineCore, record: Float64Array, nowUs: number, note?: string): void {
  const { actor, hot } = core
  // Its numbers are those of a policy, and its record is Tier 1's.
  if (record[RECORD_KIND] === AUDIT_GUARDRAILS_SET) {
    return actor.send({ type: "setGuardrails", policy: readGuardrails(record, 0), nowUs })
  }
  const code = record[RECORD_CODE]
  const value = record[RECORD_VALUE]
  if (code === COMMAND_EVICT || code === COMMAND_OFFER || code === COMMAND_PROVE) {
    journalInput(hot, code, value)
    if (code === COMMAND_PROVE) actor.send({ type: "prove", pairs: value, nowUs })
    else if (code === COMMAND_EVICT) actor.send({ type: "evict", regime: value, nowUs })
    else actor.send({ type: "offer", offered: offerOf(note), nowUs })
    return
  }
  hot.journalCommand(code)
  const asked = PLAIN.find((type) => PLAIN_COMMANDS[type] === code)
  if (asked !== undefined) actor.send(eventOf(asked, nowUs))
  else if (code === COMMAND_STOP) actor.send({ type: "stop", nowUs })
  else if (code === COMMAND_DRAINED) actor.send({ type: "drained", nowUs })
  else if (code === COMMAND_FAULT) actor.send({ type: "trip", reason: "engineFault", nowUs })
  else if (code === COMMAND_RESTART) core.recovery.restartChildren()
  else if (code === COMMAND_STOP_META) core.meta?.stop(nowUs)
  else if (code === COMMAND_AUDIT_FULL) actor.send({ type: "trip", reason: "auditQueueFull", nowUs })
}
