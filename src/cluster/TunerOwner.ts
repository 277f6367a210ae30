/**
 * The owner of one tuner without clock, transport and database: reports and commands go in with their time, answers and what is to be saved
 * come out. What changes the baseline, SafeMode or a person's will must be saved before it is announced: `mustSave` says so. An
 * entity drives it in a cluster, a test in virtual time.
 */
import { CANARY_ENDS, type CanaryEnd } from "../cohort/Canary.ts"
import { CohortStandingShape, UNREADABLE_STANDING } from "../cohort/CohortStanding.ts"
import { essenceOf, standingOf } from "../cohort/standingOf.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { Problem } from "../domain/errors.ts"
import { readText } from "../domain/readInput.ts"
import { noteOf } from "../engine/contract/noteOf.ts"
import {
  list,
  maybe,
  nullOr,
  number,
  object,
  oneOf,
  optional,
  type ShapeType,
  string,
} from "../domain/Shape.ts"
import { type Hearing, type ReplicaStatus, TunerHost, type TunerStatus } from "../replica/TunerHost.ts"
import type { TunerOptions } from "../replica/tunerOptions.ts"
import { TunerTrail } from "../replica/TunerTrail.ts"
import { type Candidate, RollOuts, TrialShape } from "./RollOuts.ts"
import { hashOf } from "./sameCommand.ts"
import type { Beginning } from "./turnRows.ts"

/** What a person can ask of a tuner. */
export const PLAIN_COMMANDS = [
  "trip",
  "reset",
  "rollback",
  "setBaseline",
  "pause",
  "resume",
  "withdraw",
] as const
export type PlainTunerCommand = (typeof PLAIN_COMMANDS)[number]
/** The same, and what comes with a candidate. */
export const TUNER_COMMANDS = [...PLAIN_COMMANDS, "rollOut", "rollOutVariant"] as const
export type TunerCommandName = (typeof TUNER_COMMANDS)[number]

/** A command, under a key that no other one of this tuner has: sent again under the same key, it is the same one (`sameCommand.ts`). */
export interface TunerCommand {
  readonly key: string
  readonly command: TunerCommandName
  /** Who asks, and why: for the record. "" where nobody said. */
  readonly by: string
  readonly note: string
  /** What `rollOut` and `rollOutVariant` put on the canaries. */
  readonly candidate?: Candidate | undefined
}

const ProblemShape = object({ path: string(), message: string(), suggestion: maybe(string()) })

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
  /** Why it had no effect; absent: it had. */
  problems: optional(list(ProblemShape)),
  /** What became of what was rolled out; null: it is on trial. Absent for other commands. */
  end: optional(nullOr(oneOf(CANARY_ENDS))),
  /** A short word for what was rolled out: under its key nothing else is. Absent for other commands. */
  candidateHash: optional(string()),
})

/** A command that was carried out. */
export interface CommandDone extends ShapeType<typeof DoneShape> {}

const StandingShape = object({
  version: number(),
  cohort: CohortStandingShape,
  commands: list(DoneShape),
  trial: optional(nullOr(TrialShape)),
})

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
  // What they lead to carries the note itself.
  rollOut: null,
  rollOutVariant: null,
  withdraw: null,
} as const satisfies Record<TunerCommandName, AuditRecord["kind"] | null>

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
  readonly began: Beginning
  private readonly runner: string
  private readonly trail: TunerTrail
  private readonly commands: Map<string, CommandDone>
  private readonly rollOuts: RollOuts
  /** What must not be lost, as it was when it was saved last; null: nothing was. */
  private saved: string | null = null
  private savedCycles = -1
  /** Replicas whose lease is over. */
  private lapsed: ReadonlySet<string> = new Set()
  private lapses = 0
  private lookedUs = 0

  constructor({ options, epoch, left, runner, nowUs }: TunerOwnerStart) {
    const read = left === null ? null : readText(StandingShape, left)
    this.host = new TunerHost(
      { ...options, epoch },
      left === null ? null : (read?.cohort ?? UNREADABLE_STANDING),
    )
    const ended = read?.cohort.resumption.from.ended === true
    this.began = left === null ? "first" : ended ? "wentOn" : "baseline"
    this.commands = new Map((read?.commands ?? []).map((done) => [done.key, done]))
    this.runner = runner
    this.trail = new TunerTrail(this.host, `${options.name}-${epoch}`)
    const trial = read?.trial ?? null
    this.trail.start(nowUs, options.sinks, trial?.state)
    this.host.start(nowUs)
    this.rollOuts = new RollOuts(this.host)
    const goesOn = trial !== null && ended && this.rollOuts.resume(trial)
    if (trial !== null && !goesOn) this.end(trial.key, "withdrawn")
    this.trail.flush()
  }

  hear(report: unknown, nowUs: number): Hearing {
    const hearing = this.host.hear(report, nowUs)
    this.afterwards()
    return hearing
  }

  tick(nowUs: number): void {
    this.host.tick(nowUs)
    this.afterwards()
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

  /** Carries a command out, unless one of this key was before: what became of that is for who asks to compare. It counts once it is saved. */
  command(asked: TunerCommand, nowUs: number, atMs: number): CommandDone {
    const { key, command, by, note, candidate } = asked
    const before = this.commands.get(key)
    if (before !== undefined) return before
    this.host.tick(nowUs)
    const problems = this.carryOut(asked, noteOf({ by: by || undefined, note: note || undefined }))
    const [epoch, generation] = this.host.loop.pair
    const done: CommandDone = {
      key,
      command,
      by,
      note,
      epoch,
      generation,
      atMs,
      ...(problems.length > 0 && { problems }),
      ...(this.rollOuts.key === key && { end: null }),
      ...(candidate && { candidateHash: hashOf(candidate) }),
    }
    this.commands.set(key, done)
    this.afterwards()
    for (const oldest of this.commands.keys()) {
      if (this.commands.size <= MOST_COMMANDS) break
      this.commands.delete(oldest)
    }
    return this.commands.get(key) ?? done
  }

  /** Rolls a variant out as a command of this key does, and keeps nothing where it cannot begin now. Null: it cannot. */
  tryOut(asked: TunerCommand, nowUs: number, atMs: number): CommandDone | null {
    this.host.tick(nowUs)
    this.afterwards()
    const { loop } = this.host
    const mayBegin = loop.tunes && loop.onTrial === null
    return mayBegin || this.commands.has(asked.key) ? this.command(asked, nowUs, atMs) : null
  }

  /** Ends the trial that the command of this key has begun. Null: there was none. */
  giveUp(key: string, nowUs: number): CommandDone | null {
    this.host.tick(nowUs)
    if (this.rollOuts.key === key) this.host.withdraw()
    this.afterwards()
    return this.commands.get(key) ?? null
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
    const trial = this.rollOuts.standing()
    return JSON.stringify({
      version: STANDING_VERSION,
      cohort,
      commands: [...this.commands.values()],
      ...(trial && { trial }),
    })
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
      began: this.host.began,
    }
  }

  /** What keeps it from being carried out; empty: it was. */
  private carryOut(
    { key, command, candidate }: TunerCommand,
    note: string | undefined,
  ): ReadonlyArray<Problem> {
    const { loop } = this.host
    if (command === "rollOut" || command === "rollOutVariant" || command === "withdraw") {
      loop.saying = note
      const problems = command === "withdraw" ? this.withdraw() : this.rollOuts.begin(key, candidate ?? {})
      loop.saying = undefined
      return problems
    }
    this.trail.withNote(RECORD_OF[command], note, () => {
      if (command !== "resume") this.host.command(command)
      // SafeMode is left by a reset alone.
      else if (loop.isResting) this.host.command("reset")
    })
    return []
  }

  private withdraw(): ReadonlyArray<Problem> {
    this.host.withdraw()
    return []
  }

  /** What every call ends with: what became of a candidate is part of its command, and the records leave. */
  private afterwards(): void {
    const ended = this.rollOuts.ended()
    if (ended !== null) this.end(ended.key, ended.end)
    this.trail.flush()
  }

  private end(key: string, end: CanaryEnd): void {
    const done = this.commands.get(key)
    if (done !== undefined) this.commands.set(key, { ...done, end })
  }

  private essence(): string {
    const newest = [...this.commands.keys()].at(-1) ?? ""
    return `${essenceOf(this.host.loop)} ${this.rollOuts.key ?? ""} ${newest}`
  }
}
