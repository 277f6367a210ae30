/**
 * The owner of one tuner without clock, transport and database: reports and commands go in with their time, answers and what is to be saved
 * come out. What changes the baseline, SafeMode or a person's will must be saved before it is announced: `mustSave` says so. An
 * entity drives it in a cluster, a test in virtual time.
 */
import { type CohortStanding, CohortStandingShape, successorOf } from "../cohort/CohortStanding.ts"
import { standingOf } from "../cohort/standingOf.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import { readText } from "../domain/readInput.ts"
import { noteOf } from "../engine/contract/noteOf.ts"
import { list, number, object, oneOf, type ShapeType, string } from "../domain/Shape.ts"
import {
  type Hearing,
  type ReplicaStatus,
  TunerHost,
  type TunerOptions,
  type TunerStatus,
} from "../replica/TunerHost.ts"
import { TunerTrail } from "../replica/TunerTrail.ts"

/** What a person can ask of a tuner. */
export const TUNER_COMMANDS = ["trip", "reset", "rollback", "setBaseline", "pause", "resume"] as const
export type TunerCommandName = (typeof TUNER_COMMANDS)[number]

/** A command, under a key that no other one of this tuner has: sent again under the same key, it is the same one. */
export interface TunerCommand {
  readonly key: string
  readonly command: TunerCommandName
  /** Who asks, and why: for the record. "" where nobody said. */
  readonly by: string
  readonly note: string
}

const DoneShape = object({
  key: string(),
  command: oneOf(TUNER_COMMANDS),
  by: string(),
  note: string(),
  /** Where the tuner stood once it was carried out. */
  epoch: number(),
  generation: number(),
  /** When, milliseconds since 1970 by the owner's clock: for people. */
  atMs: number(),
})

/** A command that was carried out. */
export interface CommandDone extends ShapeType<typeof DoneShape> {}

const StandingShape = object({ version: number(), cohort: CohortStandingShape, commands: list(DoneShape) })

/** Commands that are remembered: one sent again after so many others would be carried out again. */
const MOST_COMMANDS = 256
const STANDING_VERSION = 1
/** How often leases are looked at. */
const LOOK_US = 500_000
/** Records that a view has. */
const MOST_RECORDS = 100

/** The record that a command leads to. A pause and its end lead to none of their own but the return to the base. */
const RECORD_OF = {
  trip: "safeModeEntered",
  reset: "safeModeExited",
  rollback: "rollback",
  setBaseline: "baselineSet",
  pause: "rollback",
  resume: "safeModeExited",
} as const satisfies Record<TunerCommandName, AuditRecord["kind"]>

/** Everything that can be seen of a tuner. */
export interface TunerView {
  readonly status: TunerStatus
  readonly replicas: ReadonlyArray<ReplicaStatus>
  /** What people asked of it, oldest first. */
  readonly commands: ReadonlyArray<CommandDone>
  /** The last records of this owner, oldest first. */
  readonly records: ReadonlyArray<AuditRecord>
  /** How this owner began, in a sentence; null: as the first one. */
  readonly began: string | null
}

export interface TunerOwnerStart {
  readonly options: Omit<TunerOptions, "epoch" | "token">
  readonly epoch: number
  /** What the owner before saved; null: there was none. */
  readonly left: string | null
  /** Which start of which runner this is. */
  readonly runner: string
  readonly nowUs: number
}

export class TunerOwner {
  readonly host: TunerHost
  readonly began: string | null
  private readonly runner: string
  private readonly trail: TunerTrail
  private readonly commands: Map<string, CommandDone>
  /** What must not be lost, as it was when it was saved last; null: nothing was. */
  private saved: string | null = null
  private savedCycles = -1
  /** Replicas whose lease is over. */
  private lapsed: ReadonlySet<string> = new Set()
  private lapses = 0
  private lookedUs = 0

  constructor({ options, epoch, left, runner, nowUs }: TunerOwnerStart) {
    const read = left === null ? null : readText(StandingShape, left)
    const plain = new TunerHost({ ...options, epoch })
    const { settings, loop } = plain
    const next =
      left === null
        ? null
        : successorOf(read?.cohort ?? UNREADABLE, settings.space, {
            nowUs,
            safeModeUs: loop.options.safeModeUs,
            rollbacksPerHour: loop.hot.executor.policy.rollbacksPerHour,
          })
    this.host = next === null ? plain : new TunerHost({ ...options, epoch }, next)
    this.began = next === null ? null : [next.resumption.from.why, ...next.resumption.warnings].join(" ")
    this.commands = new Map((read?.commands ?? []).map((done) => [done.key, done]))
    this.runner = runner
    this.trail = new TunerTrail(this.host.loop, settings, {
      run: `${options.name}-${epoch}`,
      ...(options.sinks && { sinks: options.sinks }),
    })
    this.trail.start(nowUs)
    this.host.start(nowUs)
    this.trail.flush()
  }

  hear(report: unknown, nowUs: number): Hearing {
    const hearing = this.host.hear(report, nowUs)
    this.trail.flush()
    return hearing
  }

  tick(nowUs: number): void {
    this.host.tick(nowUs)
    this.trail.flush()
    if (nowUs - this.lookedUs < LOOK_US) return
    this.lookedUs = nowUs
    const lapsed = this.host.lapsed()
    for (const boot of lapsed) if (!this.lapsed.has(boot)) this.lapses++
    this.lapsed = new Set(lapsed)
  }

  /** Leases that ended without another report, as this owner sees it. */
  get leaseExpiries(): number {
    return this.lapses
  }

  /** What became of a command that was carried out before. */
  known(key: string): CommandDone | undefined {
    return this.commands.get(key)
  }

  /** Carries a command out, unless one of this key was before. It counts once it is saved. */
  command({ key, command, by, note }: TunerCommand, nowUs: number, atMs: number): CommandDone {
    const before = this.commands.get(key)
    if (before !== undefined) return before
    this.host.tick(nowUs)
    this.trail.withNote(RECORD_OF[command], noteOf({ by: by || undefined, note: note || undefined }), () =>
      this.carryOut(command),
    )
    this.trail.flush()
    const [epoch, generation] = this.host.loop.pair
    const done = { key, command, by, note, epoch, generation, atMs }
    this.commands.set(key, done)
    for (const oldest of this.commands.keys()) {
      if (this.commands.size <= MOST_COMMANDS) break
      this.commands.delete(oldest)
    }
    return done
  }

  /** Whether something has changed that must be saved before it is announced. */
  get mustSave(): boolean {
    return this.saved !== this.essence()
  }

  /** Whether anything has changed since it was saved last. */
  get changed(): boolean {
    return this.mustSave || this.host.loop.cycles !== this.savedCycles
  }

  /** Where it stands, to be saved. `ended`: it stops, and the next owner goes on from here. */
  standing(ended: boolean): string {
    const cohort = standingOf(this.host.loop, this.host.settings.space, this.runner, ended)
    return JSON.stringify({ version: STANDING_VERSION, cohort, commands: [...this.commands.values()] })
  }

  /** What `standing` said last is saved now. */
  noteSaved(): void {
    this.saved = this.essence()
    this.savedCycles = this.host.loop.cycles
  }

  /** Ends its records: resolves once the sinks have them, and rejects with what they have not. Where it stands is saved apart. */
  stop(): Promise<void> {
    return this.trail.stop()
  }

  view(): TunerView {
    return {
      status: this.host.status(),
      replicas: this.host.replicas(),
      commands: [...this.commands.values()],
      records: this.trail.audit.records().slice(-MOST_RECORDS),
      began: this.began,
    }
  }

  private carryOut(command: TunerCommandName): void {
    const { loop } = this.host
    if (command === "trip") loop.trip()
    else if (command === "rollback") loop.rollback()
    else if (command === "setBaseline") loop.setBaseline()
    else if (command === "pause") loop.pause()
    else if (command === "reset") loop.reset()
    // SafeMode is left by a reset alone.
    else if (loop.isResting) loop.reset()
  }

  private essence(): string {
    const { loop } = this.host
    const { config, executor } = loop.hot
    const baseline = new Float64Array(config.knobs)
    if (config.hasBaseline) config.baselineUnits(baseline)
    const newest = [...this.commands.keys()].at(-1) ?? ""
    const latch = Atomics.load(executor.latch, 0)
    return `${config.hasBaseline} ${baseline.join(" ")} ${latch} ${loop.wayOut} ${loop.isResting} ${executor.rollbacks} ${newest}`
  }
}

/** For a standing that cannot be read: nothing is known but that there was an owner, so a fault it is. */
const UNREADABLE: CohortStanding = {
  resumption: {
    start: {},
    baseline: null,
    safeMode: null,
    rollbacksUs: [],
    generation: null,
    from: { run: null, ended: false, atUs: 0, why: "" },
    warnings: [],
  },
  paused: false,
  learned: null,
}
