/**
 * A tuner with replicas in virtual time: the owner's loop, the agents and a network between them that delays, loses, repeats and cuts
 * off, all by counter. Needed wherever a test asks what many replicas do together.
 */
import { answerFor } from "../../src/cohort/answers.ts"
import type { CohortLoop } from "../../src/cohort/CohortLoop.ts"
import { type CohortConfig, cohortSettings } from "../../src/cohort/cohortOptions.ts"
import { makeCohort } from "../../src/cohort/makeCohort.ts"
import type { CohortStanding } from "../../src/cohort/CohortStanding.ts"
import type { Report } from "../../src/cohort/protocol.ts"
import { keptBaseline } from "../../src/domain/Resumption.ts"
import { type EngineConfig, type EngineSettings, requireEngineConfig } from "../../src/domain/Config.ts"
import type { RecordVisitor } from "../../src/hot/AuditRing.ts"
import { ReplicaCore } from "../../src/replica/ReplicaCore.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"

export interface Network {
  /** Chances that a message is lost, or arrives twice. */
  readonly loss: number
  readonly twice: number
  /** Longest way of a message, microseconds. */
  readonly delayUs: number
  /** What this replica's messages take longer, microseconds. */
  readonly slowUs: (replica: number, nowUs: number) => number
  /** Replicas that nothing reaches and nothing comes from at this time. */
  readonly cut: (replica: number, nowUs: number) => boolean
}

export const GOOD_NETWORK: Network = { loss: 0, twice: 0, delayUs: 20_000, slowUs: () => 0, cut: () => false }

export interface TownOptions {
  readonly replicas: number
  readonly engine: EngineConfig
  readonly cohort?: CohortConfig
  readonly network?: Partial<Network>
  /** What a replica measures, without noise; `values` in the order of the knobs' names. */
  readonly loss: (values: Float64Array, replica: number, nowUs: number) => number
  readonly margin?: (values: Float64Array, replica: number, nowUs: number) => number
  readonly noise?: { readonly common: number; readonly own: number }
  readonly seed?: number
  /** Measurements of each replica in a second. */
  readonly rate?: number
}

interface Parcel {
  readonly atUs: number
  readonly deliver: () => void
}

const TICK_US = 50_000

export class Town {
  readonly settings: EngineSettings
  readonly cores: Array<ReplicaCore> = []
  loop: CohortLoop
  nowUs = 0
  /** By replica: when the request was sent whose answer granted the lease last. */
  readonly grantedUs: Array<number> = []
  private readonly options: TownOptions
  private readonly network: Network
  private parcels: Array<Parcel> = []
  private readonly dueUs: Array<number> = []
  private counter = 0
  private boots = 0
  /** By replica: the base and the baseline it was told last, user units. */
  readonly homes: Array<ReadonlyArray<ReadonlyArray<number>>> = []
  /** An owner that was replaced and does not know it: it gets every so many-th report. */
  rival: CohortLoop | null = null
  /** Called after every tick. */
  onTick: (() => void) | null = null
  /** Called with every record of the owner. */
  onRecord: RecordVisitor = () => {}

  constructor(options: TownOptions) {
    this.options = options
    this.network = { ...GOOD_NETWORK, ...options.network }
    this.settings = requireEngineConfig({ clock: "manual", ...options.engine })
    this.loop = this.own(1)
    for (let i = 0; i < options.replicas; i++) this.boot(i)
  }

  /** Another owner begins, with what the one before left behind; with nothing where that is left out. */
  own(epoch: number, left: CohortStanding | null = null): CohortLoop {
    const { settings, options, nowUs } = this
    const loop = makeCohort(settings, cohortSettings(options.cohort ?? {}), epoch, left?.resumption)
    loop.hot.nowCell[0] = nowUs
    if (left === null) loop.start()
    else loop.takeOver(left, keptBaseline(settings.space, left.resumption))
    this.loop = loop
    return loop
  }

  /** Replica `i` starts, or starts again. */
  boot(i: number): void {
    this.cores[i] = new ReplicaCore({
      tuner: "town",
      replica: `replica-${i}`,
      boot: `boot-${this.boots++}`,
      zone: `zone-${i % 3}`,
      space: this.settings.space,
      maxStep: this.loop.hot.executor.policy.maxStep,
      emergencyMargin: -0.5,
    })
    this.cores[i].tick(this.nowUs)
    this.grantedUs[i] = Number.NEGATIVE_INFINITY
    this.homes[i] = [Array.from(this.valuesOf(i))]
    this.dueUs[i] = this.nowUs + Math.floor(uniformAt(this.seed, 7000 + i) * 500_000)
  }

  run(seconds: number): this {
    const end = this.nowUs + seconds * 1e6
    while (this.nowUs < end) this.tick()
    return this
  }

  /** How far the base is from optimal: its true loss for the first replica. */
  baseLoss(): number {
    const { base, table } = this.loop.hot.executor
    return this.options.loss(
      base.map((unit, i) => table.decode(i, unit)),
      0,
      this.nowUs,
    )
  }

  valuesOf(i: number): Float64Array {
    return Float64Array.from(this.settings.space.names, (_, k) => this.cores[i].value(k))
  }

  /** Whether a replica stands where it may stand without being told: on the base or the baseline that it was told last. */
  isHome(i: number): boolean {
    const now = this.valuesOf(i)
    return this.homes[i].some((home) => home.every((value, k) => Math.abs(value - now[k]) < 1e-9))
  }

  private get seed(): number {
    return this.options.seed ?? 1
  }

  private chance(): number {
    return uniformAt(this.seed, this.counter++)
  }

  private tick(): void {
    this.nowUs += TICK_US
    const now = this.nowUs
    for (const loop of [this.loop, this.rival]) if (loop !== null) loop.hot.nowCell[0] = now
    const due = this.parcels.filter(({ atUs }) => atUs <= now)
    this.parcels = this.parcels.filter(({ atUs }) => atUs > now)
    for (const { deliver } of due.toSorted((a, b) => a.atUs - b.atUs)) deliver()
    this.loop.tick()
    this.rival?.tick()
    this.rival?.hot.audit.drain(() => {})
    this.cores.forEach((core, i) => {
      core.tick(now)
      this.measure(core, i)
      if (now >= this.dueUs[i]) this.send(core, i)
    })
    this.loop.hot.audit.drain(this.onRecord)
    this.onTick?.()
  }

  private measure(core: ReplicaCore, i: number): void {
    const { loss, margin, noise = { common: 0, own: 0 }, rate = 100 } = this.options
    const calls = Math.round((rate * TICK_US) / 1e6)
    const values = this.valuesOf(i)
    const window = Math.floor(this.nowUs / 500_000)
    const common = noise.common * gaussianAt(this.seed + 1, window)
    const own = noise.own * gaussianAt(this.seed + 2 + i, window)
    const level = loss(values, i, this.nowUs) + common + own
    const free = margin?.(values, i, this.nowUs) ?? Number.NaN
    for (let k = 0; k < calls; k++) core.observe(level, this.nowUs, core.generation, Number.NaN, 0, free)
  }

  private send(core: ReplicaCore, i: number): void {
    const sentUs = this.nowUs
    this.dueUs[i] = sentUs + core.reportUs
    const report = core.report()
    this.carry(i, () => this.receive(core, i, report, sentUs))
  }

  private receive(core: ReplicaCore, i: number, report: Report, sentUs: number): void {
    const rival = this.rival !== null && this.chance() < 0.3
    const loop = rival ? (this.rival as CohortLoop) : this.loop
    loop.take(report)
    const entry = loop.roster.find(report.replica, report.boot)
    if (entry === undefined) return
    const answer = answerFor(loop, this.settings.space.names, entry)
    this.carry(i, () => {
      if (this.cores[i] !== core) return
      const heard = core.answer(JSON.parse(JSON.stringify(answer)), sentUs, this.nowUs)
      if (heard !== "taken") return
      this.grantedUs[i] = Math.max(this.grantedUs[i], sentUs)
      const { names } = this.settings.space
      this.homes[i] = [answer.base, answer.baseline].map((home) => names.map((name) => home[name]))
    })
  }

  private carry(i: number, deliver: () => void): void {
    const { loss, twice, delayUs, slowUs, cut } = this.network
    if (cut(i, this.nowUs)) return
    const copies = this.chance() < loss ? 0 : this.chance() < twice ? 2 : 1
    for (let k = 0; k < copies; k++) {
      const atUs = this.nowUs + Math.floor(this.chance() * delayUs) + slowUs(i, this.nowUs)
      this.parcels.push({ atUs, deliver: () => (cut(i, this.nowUs) ? undefined : deliver()) })
    }
  }
}
