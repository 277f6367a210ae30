/**
 * The meta level beside an engine: gives its actor the score of every cycle of tuning, records its moves, and passes the gains on to the
 * cycle. Loaded only for `meta`. It runs within the digest that closes a window, before the cycle reads that window, so a replay
 * repeats every move.
 *
 * A move of a gain is no write to the plant: whatever the cycle then asks for passes Tier 1 as before.
 */
import { type Actor, createActor } from "xstate"
import type { SpsaSettings } from "../../hot/spsaSettings.ts"
import { NOT_TRIPPED } from "../../hot/codes.ts"
import { S_LAST_MEAN } from "../../hot/spsaLayout.ts"
import { USUAL_PACE } from "../../../machines/cycleLimits.ts"
import { writeRecord } from "../../../machines/hotAudit.ts"
import { metaMachine } from "../../../machines/meta.machine.ts"
import type { MetaMovedEvent } from "../../../machines/metaContext.ts"
import { META_GAINS, type MetaGain } from "../../domain/words.ts"
import { META } from "../../meta/MoveLog.ts"
import type { MetaTunerOptions } from "../../meta/metaOptions.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { dueOf } from "../../telemetry/dueOf.ts"
import type { EngineActor } from "../contract/EngineSnapshot.ts"
import type { MetaPort, MetaState } from "../contract/MetaState.ts"

/** An engine, as its meta level sees it. */
export interface MetaHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly due: ReturnType<typeof dueOf>
  readonly actor: EngineActor
  readonly recovery: { readonly fault: (detail: string) => void }
}

/** How far a gain may go from where it began, as a factor. */
const REACH: Readonly<Record<Exclude<MetaGain, "windows">, number>> = { floor: 12, trustTarget: 2, a0: 50 }
/** How many windows make one reading: one at first, at most as many as in the calm after SafeMode. */
const WINDOWS = { name: "windows", start: 1, min: 1, max: 4, whole: true } as const
/** Chosen on wandering and still quadratics of four knobs, on seeds that no figure uses. */
const PRESETS = [
  { block: 32, step: 3 },
  { block: 20, step: 2 },
  { block: 12, step: 3 },
  { block: 48, step: 2 },
]

/** What is tuned of these settings: the plain schedule has other gains than the rule. */
export function metaOptionsOf(settings: SpsaSettings, depth: number): MetaTunerOptions {
  const scalars = META_GAINS.flatMap((name): MetaTunerOptions["scalars"] => {
    if (name === WINDOWS.name) return [WINDOWS]
    if ((name === "a0") !== (settings.mode === "spall")) return []
    const start = settings[name]
    return start > 0 ? [{ name, start, min: start / REACH[name], max: start * REACH[name] }] : []
  })
  return { depth, scalars, presets: PRESETS, seed: settings.seed }
}

/** Runs the meta level beside an engine that is about to begin; returns what its snapshots show of it. */
export function attachMeta(host: MetaHost): MetaPort {
  const { hot } = host
  const depth = host.settings.meta?.depth ?? 0
  const options = metaOptionsOf(host.actor.getSnapshot().context.settings, depth)
  const actor = createActor(metaMachine, { input: { options } })
  let moves = 0
  let last: MetaState["last"] = null
  actor.on("metaMoved", ({ move, nowUs }: MetaMovedEvent) => {
    moves++
    const gain = options.scalars[move.scalar]?.name
    const difference = move.score - move.reference
    last = { act: move.what, gain: gain ?? null, value: move.to, before: move.from, atUs: nowUs }
    writeRecord(hot, "meta", nowUs, {
      action: META[move.what],
      // -1: no gain in particular.
      reason: gain ?? -1,
      value: move.to,
      limit: move.from,
      difference,
    })
  })
  actor.subscribe({ error: (error) => host.recovery.fault(`meta: ${String(error)}`) })
  actor.start()
  const { due } = host
  const watch = new CycleWatch(host, actor, options)
  due.subscribe(() => watch.look())
  const state = (): MetaState => {
    const { value } = actor.getSnapshot()
    const phase: MetaState["phase"] = watch.alive ? (value === "deciding" ? "watching" : value) : "stopped"
    return { depth, phase, gains: Object.fromEntries(watch.gains()), moves, last }
  }
  const stop = (nowUs: number): void => {
    if (watch.alive) actor.send({ type: "killed", nowUs })
    watch.passOn()
  }
  return { state, stop }
}

/** Tells the meta actor what has happened since it was told last. */
class CycleWatch {
  private readonly host: MetaHost
  private readonly actor: Actor<typeof metaMachine>
  private readonly options: MetaTunerOptions
  private block: Float64Array | null = null
  private rollbacks = 0
  private open = false

  constructor(host: MetaHost, actor: Actor<typeof metaMachine>, options: MetaTunerOptions) {
    this.host = host
    this.actor = actor
    this.options = options
  }

  /** Where it has died, it is stopped for good. */
  get alive(): boolean {
    return this.actor.getSnapshot().status === "active"
  }

  /** The gains that hold now: those of the configuration where it has died, for nobody would take back what is on trial. */
  gains(): ReadonlyArray<readonly [string, number]> {
    const { values } = this.actor.getSnapshot().context
    const { alive } = this
    return this.options.scalars.map(({ name, start }, i) => [name, alive ? values[i] : start])
  }

  look(): void {
    if (this.alive) this.tell()
    this.passOn()
  }

  private tell(): void {
    const { hot } = this.host
    const { nowUs, executor } = hot
    const open = Atomics.load(executor.latch, 0) !== NOT_TRIPPED
    if (open !== this.open) this.actor.send({ type: open ? "safeModeOpened" : "safeModeClosed", nowUs })
    else if (executor.rollbacks !== this.rollbacks) this.actor.send({ type: "rolledBack", nowUs })
    this.open = open
    this.rollbacks = executor.rollbacks
    const cycle = this.host.actor.getSnapshot().children.cycle
    const context = cycle?.getSnapshot().context
    if (context === undefined) return
    // Cycles of a tuner that rests or walks leave the mean alone.
    const { block } = context
    const before = this.block
    this.block = block
    const score = block[S_LAST_MEAN]
    if (!open && before !== null && block !== before && score !== before[S_LAST_MEAN])
      this.actor.send({ type: "scored", score, mayMove: !hot.audit.full, nowUs })
  }

  /** Every time, because a restarted cycle does not know its gains. */
  passOn(): void {
    const cycle = this.host.actor.getSnapshot().children.cycle
    const snapshot = cycle?.getSnapshot()
    // One that is frozen gets them when it goes on.
    if (cycle === undefined || snapshot?.status !== "active" || !snapshot.matches("tuning")) return
    const { pace = USUAL_PACE, kernel } = snapshot.context
    const { settings } = kernel.get()
    const { windows, ...gains } = Object.fromEntries(this.gains())
    if (Object.entries(gains).some(([name, value]) => settings[name as keyof SpsaSettings] !== value))
      cycle.send({ type: "retune", gains })
    // In the calm after SafeMode the stability watch sets the pace.
    if (pace.step === USUAL_PACE.step && pace.windows !== windows)
      cycle.send({ type: "retune", pace: { ...USUAL_PACE, windows } })
  }
}
