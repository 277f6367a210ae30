/**
 * What all engines of a fleet share: tables, policies, rings, scratch arrays. This is why an engine of a fleet
 * needs only a few kilobytes.
 */
import { resolveGuardrails } from "../control/guardrails.ts"
import { cycleOf, spsaOf } from "../control/loopSettings.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { AtomicConfig } from "../hot/AtomicConfig.ts"
import { AuditRing } from "../hot/AuditRing.ts"
import type { CycleOptions } from "../hot/cycleOptions.ts"
import { DIGEST_WIDTH } from "../hot/codes.ts"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import { HotLoop } from "../hot/HotLoop.ts"
import { HotPath } from "../hot/HotPath.ts"
import { SpsaKernel } from "../hot/SpsaKernel.ts"

/** Records that one call can cause, with room to spare. */
const AUDIT_CAPACITY = 64

export interface FleetParts {
  readonly settings: EngineSettings
  readonly policy: GuardrailNumbers
  /** The digest input that all engines use in turn. */
  readonly digest: Float64Array
  /** The ring that all engines' records pass through. */
  readonly audit: AuditRing
  readonly loop: Partial<CycleOptions>
  /** A tuner whose tables and settings the others use, each with a seed of its own. */
  readonly kernel: SpsaKernel
  readonly manual: boolean
}

export function fleetPartsOf(settings: EngineSettings): FleetParts {
  const { space } = settings
  const policy = resolveGuardrails(settings.guardrails)
  const spsa = spsaOf(settings, policy)
  return {
    settings,
    policy,
    digest: new Float64Array(DIGEST_WIDTH),
    audit: new AuditRing(space.table.size, AUDIT_CAPACITY),
    loop: cycleOf(settings, policy),
    kernel: new SpsaKernel(space.table, spsa),
    manual: settings.clock === "manual",
  }
}

/** The configuration of a new engine, in plain memory: a fleet's engines are read in their own thread. */
export function configAt({ settings }: FleetParts, initialUnit: Float64Array): AtomicConfig {
  const { table } = settings.space
  return new AtomicConfig(table, initialUnit, new ArrayBuffer(AtomicConfig.byteLength(table.size)))
}

/** The engine that a loop is made for. */
export interface LoopOwner {
  readonly config: AtomicConfig
  readonly seed: number
  /** Where a person wanted it to begin, unit space. */
  readonly startUnit: Float64Array
  /** It has begun anew away from there, and knows nothing of its start. */
  readonly beganElsewhere: boolean
}

/** A new loop around an engine's configuration. */
export function loopAround(parts: FleetParts, owner: LoopOwner): HotLoop {
  const { settings, policy, digest, audit, manual, kernel } = parts
  const { config, seed, startUnit, beganElsewhere } = owner
  const { table } = settings.space
  const hot = new HotPath({
    table,
    policy,
    config,
    initialUnit: startUnit,
    beginsElsewhere: beganElsewhere,
    window: settings.window,
    digest,
    audit,
    auditCapacity: AUDIT_CAPACITY,
    journalDigests: settings.auditDigests,
    manualTime: manual,
  })
  return new HotLoop(hot, new SpsaKernel(table, kernel.settings, kernel, seed), parts.loop)
}
