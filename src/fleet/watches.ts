/**
 * What watches the engines of a fleet: their rules, and the stability of their loops. Each sees its engine as a loop without actors, whose
 * records pass through the fleet's audit. Loaded by a fleet that asks for one of them.
 */
import {
  NOT_TRIPPED,
  TRIP_INSTABILITY,
  TRIP_RULE_VIOLATED,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "../hot/codes.ts"
import type { HotLoop } from "../hot/HotLoop.ts"
import { SpsaKernel } from "../hot/SpsaKernel.ts"
import { type Pace, USUAL_PACE } from "../../machines/cycleLimits.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { EngineSettings } from "../domain/Config.ts"
import type { RuleHost } from "../engine/contract/RuleParts.ts"
import { ruleParts } from "../engine/rules/RuleWatch.ts"
import { StabilityLatch } from "../engine/stability/StabilityLatch.ts"
import type { CellLatch, FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"

/** Watches every engine that is spawned from here on. Throws a ConfigError for rules that are none. */
export function watch(core: FleetCore): void {
  const { engine } = core.settings
  const rulesOf = engine.rules === null ? null : ruleParts.watcher(engine)
  const latchOf = engine.stability ? latches(core, engine) : null
  core.watch = (cell) => {
    cell.rules = rulesOf?.(ruleHost(core, cell)) ?? null
    cell.latch = latchOf?.(cell) ?? null
  }
}

/** What is watched is a digest or a window, and an engine that takes one has a loop. */
const loopOf = (cell: FleetCell): HotLoop => cell.loop ?? cell.takeOut(cell.lastDigestUs)

/** Writes a record, and the note to it. */
const noter =
  (core: FleetCore, cell: FleetCell) =>
  (kind: AuditRecord["kind"], note: string, act: () => void): void =>
    core.trail.withNote(kind, note, cell, () => {
      act()
      core.collect(cell)
    })

const ruleHost = (core: FleetCore, cell: FleetCell): RuleHost => ({
  get hot() {
    return loopOf(cell).hot
  },
  trail: { withNote: noter(core, cell) },
  rollBack: () => loopOf(cell).rollback(),
  tripped: () => loopOf(cell).freeze(TRIP_RULE_VIOLATED),
  publish: () => {},
})

function latches(core: FleetCore, { objective, space }: EngineSettings): (cell: FleetCell) => CellLatch {
  const sign = objective === "maximize" ? -1 : 1
  const { table } = space
  /** By the share of the guardrail's step: tables and settings that all engines of this pace use. */
  const kernels = new Map<number, SpsaKernel>()
  const kernelOf = ({ parts, seed }: FleetCell, step: number): SpsaKernel => {
    const { settings } = parts.kernel
    const like = kernels.get(step) ?? new SpsaKernel(table, { ...settings, maxStep: settings.maxStep * step })
    kernels.set(step, like)
    return new SpsaKernel(table, like.settings, like, seed)
  }
  return (cell) => {
    let paced: { readonly loop: HotLoop; readonly pace: Pace } | null = null
    const keepPace = (pace: Pace): void => {
      const loop = loopOf(cell)
      const before = paced?.loop === loop ? paced.pace : USUAL_PACE
      if (before.step !== pace.step) loop.retune(kernelOf(cell, pace.step), pace.windows)
      paced = { loop, pace }
    }
    const latch = new StabilityLatch({
      get hot() {
        return loopOf(cell).hot
      },
      withNote: noter(core, cell),
      relocates: () => false,
      mayTrip: () => cell.state === "awake" && cell.config.latch === NOT_TRIPPED,
      trip: () => loopOf(cell).trip(TRIP_INSTABILITY),
      keepPace,
    })
    const attach = (): void => {
      const { hot } = loopOf(cell)
      hot.onDue = (code) => {
        if (code === WINDOW_EXPIRED) latch.see(null)
        else if (code === WINDOW_CLOSED)
          latch.see({ loss: sign * hot.window.means[0], trend: hot.window.trend })
      }
    }
    attach()
    return { attach, act: () => latch.act(), state: latch.state }
  }
}
