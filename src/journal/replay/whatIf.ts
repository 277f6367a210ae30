/**
 * What another configuration would have made of the same telemetry: the recorded digests, times and commands go to an engine
 * with other guardrails, gains, seed or windows, and what it decides is counted beside what was decided. One needs this
 * before changing a setting of a live system.
 *
 * The plant is not asked: it answers as it answered then, whatever the knobs would have been. So this tells how an engine
 * behaves under such telemetry (what it refuses, when it trips, how far and how fast it moves), not how well it tunes.
 */
import { type EngineConfig, parseEngineConfig } from "../../domain/Config.ts"
import { ConfigError } from "../../domain/errors.ts"
import type { ParamSpace } from "../../domain/ParamSpace.ts"
import { readResumption } from "../../domain/Resumption.ts"
import { AUDIT_KINDS } from "../../domain/records.ts"
import { APPLY_KINDS, NO_CHANGE_REASONS, TRIP_REASONS, VIOLATIONS } from "../../domain/words.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import { diff01 } from "../../hot/circle.ts"
import {
  AUDIT_COMMAND,
  AUDIT_DIGEST,
  AUDIT_GUARDRAILS_SET,
  COMMAND_AUDIT_FULL,
  NOTHING_DUE,
  PERIODIC,
} from "../../hot/codes.ts"
import { receivedAtUs } from "../../hot/digestRecord.ts"
import { relocationParts } from "../../engine/relocation/relocationParts.ts"
import { EngineCore } from "../../engine/EngineCore.ts"
import { begin, giveCommand, giveDigest, isInput } from "./recordedInput.ts"
import { type RecordedRun, whyNotReplayable } from "./replay.ts"

/** What a run came to, counted. */
export interface RunTally {
  /** By what they were for: applyPlus, applyMinus, update. */
  readonly applies: Readonly<Record<string, number>>
  /** What Tier 1 refused, by reason. */
  readonly violations: Readonly<Record<string, number>>
  /** Decisions to change nothing, by reason. */
  readonly noChanges: Readonly<Record<string, number>>
  /** Openings of SafeMode, by reason. */
  readonly trips: Readonly<Record<string, number>>
  readonly rollbacks: number
  readonly baselines: number
  /** Largest single move of each knob, and how far it went in all, unit space. */
  readonly largestMove: Readonly<Record<string, number>>
  readonly path: Readonly<Record<string, number>>
  /** Where the knobs ended, user units. */
  readonly end: Readonly<Record<string, number>>
}

/** What was decided and what would have been, counted side by side. */
export interface WhatIfResult {
  /** Why it could not be done, or null. */
  readonly reason: string | null
  readonly recorded: RunTally | null
  readonly replayed: RunTally | null
}

/** Counts what records say was decided. */
class Tally {
  private readonly space: ParamSpace
  private readonly counts = {
    applies: {} as Record<string, number>,
    violations: {} as Record<string, number>,
    noChanges: {} as Record<string, number>,
    trips: {} as Record<string, number>,
  }
  private rollbacks = 0
  private baselines = 0
  private readonly largest: Float64Array
  private readonly path: Float64Array
  private readonly live: Float64Array

  constructor(space: ParamSpace) {
    this.space = space
    this.largest = new Float64Array(space.names.length)
    this.path = new Float64Array(space.names.length)
    this.live = space.initialUnit.slice()
  }

  take(record: Float64Array): void {
    const code = record[RECORD_CODE]
    const count = (of: keyof Tally["counts"], word: string): void => {
      this.counts[of][word] = (this.counts[of][word] ?? 0) + 1
    }
    switch (AUDIT_KINDS[record[RECORD_KIND]]) {
      case "apply":
        count("applies", APPLY_KINDS[record[RECORD_DETAIL]])
        return this.move(record)
      case "rollback":
        if (APPLY_KINDS[record[RECORD_DETAIL]] === "rollback") this.rollbacks++
        return this.move(record)
      case "violation":
        return count("violations", VIOLATIONS[code])
      case "noChange":
        return count("noChanges", NO_CHANGE_REASONS[code])
      case "safeModeEntered":
        return count("trips", TRIP_REASONS[code])
      case "baselineSet":
        this.baselines++
        return
      case "engineStarted":
        // Where it began may be where a run before it ended: that way is none of its own.
        return this.live.set(record.subarray(RECORD_POINT, RECORD_POINT + this.live.length))
      default:
    }
  }

  result(): RunTally {
    const { names, table } = this.space
    const byName = (value: (i: number) => number): Readonly<Record<string, number>> =>
      Object.fromEntries(names.map((name, i) => [name, value(i)]))
    return {
      ...this.counts,
      rollbacks: this.rollbacks,
      baselines: this.baselines,
      largestMove: byName((i) => this.largest[i]),
      path: byName((i) => this.path[i]),
      end: byName((i) => table.decode(i, this.live[i])),
    }
  }

  private move(record: Float64Array): void {
    const { table } = this.space
    for (let i = 0; i < this.live.length; i++) {
      const to = record[RECORD_POINT + i]
      const way =
        table.scale[i] === PERIODIC ? Math.abs(diff01(to, this.live[i])) : Math.abs(to - this.live[i])
      this.path[i] += way
      if (way > this.largest[i]) this.largest[i] = way
      this.live[i] = to
    }
  }
}

/** A tick leads to one thing at a time: so many, before something is wrong. */
const MOST_DUE = 64

/** Options that say what the plant is, what its telemetry looks like or where things are kept: nothing a recorded run can be asked about. */
const FIXED: ReadonlyArray<string> = [
  "name",
  "params",
  "clock",
  "extras",
  "placement",
  "runId",
  "state",
  "resume",
  "journal",
  "audit",
]

/**
 * Runs the telemetry of a run against its configuration with `changes` (whole options of `EngineConfig`; its knobs, channels and clock stay).
 * A digest that was of the live generation then is of the live one now, one that was so many behind is so many behind. `watch` is told of
 * each record by its number.
 */
export function whatIf(
  run: RecordedRun,
  changes: Partial<Omit<EngineConfig, "params">>,
  watch?: (seq: number) => void,
): WhatIfResult {
  const before = parseEngineConfig(run.config)
  const unable = (reason: string): WhatIfResult => ({ reason, recorded: null, replayed: null })
  if (before instanceof ConfigError) return unable(before.message)
  const reason =
    run.cohort === undefined
      ? whyNotReplayable(run, before)
      : "what its replicas would have shown under other settings is not in its records"
  if (reason !== null) return unable(reason)
  const fixed = Object.keys(changes).filter((name) => FIXED.includes(name))
  if (fixed.length > 0)
    return unable(
      `${fixed.join(", ")} cannot be changed in a recorded run; guardrails, gains, window and similar options can`,
    )
  const settings = parseEngineConfig({ ...(run.config as EngineConfig), ...changes })
  if (settings instanceof ConfigError) return unable(settings.message)

  let nowUs = 0
  const manual = settings.clock === "manual"
  const core = new EngineCore({
    settings,
    runId: run.run,
    readClock: manual ? null : () => nowUs,
    resume: readResumption(run.resume),
    relocation: relocationParts,
  })
  const { hot } = core
  const recorded = new Tally(before.space)
  const replayed = new Tally(settings.space)
  let recordedGeneration = 1
  const pass = (us: number): void => {
    nowUs = us
    hot.nowCell[0] = us
    for (let i = 0; i < MOST_DUE && hot.tick() !== NOTHING_DUE; i++);
  }
  nowUs = run.records[0][RECORD_TIMESTAMP_US]
  begin(core, nowUs)
  for (const record of run.records) {
    watch?.(record[RECORD_SEQUENCE])
    if (isInput(record)) {
      const digest = record[RECORD_KIND] === AUDIT_DIGEST
      const atUs = digest ? receivedAtUs(record) : record[RECORD_TIMESTAMP_US]
      // The runtime's own ticks are recorded only where they led to something, and now others may.
      if (!manual) {
        for (let us = nowUs + settings.tickUs; us <= atUs - 2 * settings.tickUs; us += settings.tickUs)
          pass(us)
      }
      nowUs = atUs
      hot.nowCell[0] = nowUs
      if (digest) {
        const behind = recordedGeneration - record[RECORD_GENERATION]
        giveDigest(hot, record, hot.config.generation - behind)
      } else if (record[RECORD_KIND] === AUDIT_GUARDRAILS_SET) {
        // Other guardrails apply from the start to the end.
        if (changes.guardrails === undefined) giveCommand(core, record, nowUs)
      } else if (record[RECORD_KIND] === AUDIT_COMMAND) {
        const code = record[RECORD_CODE]
        // How full the audit was then says nothing about now; that it was drained lets a frozen start go, and nothing else.
        if (code !== COMMAND_AUDIT_FULL)
          giveCommand(core, record, nowUs, run.notes?.get(record[RECORD_SEQUENCE]))
      } else pass(nowUs)
    } else {
      recorded.take(record)
      if (showsGeneration(record)) recordedGeneration = record[RECORD_GENERATION]
    }
    hot.audit.drain((block, at) => replayed.take(block.subarray(at, at + hot.audit.width)))
  }
  return { reason: null, recorded: recorded.result(), replayed: replayed.result() }
}

/** A proposal names the generation it expects, which may be an old one; every other decision the live one. */
const showsGeneration = (record: Float64Array): boolean => AUDIT_KINDS[record[RECORD_KIND]] !== "proposal"
