/**
 * Runs one engine of a fleet again, from its records: it takes up what the owner of its bucket took up, is given every digest, command and
 * moment that it was given, and each decision must be the recorded one, bit for bit. The keys of a fleet do not meet, so no other is needed.
 */
import * as Effect from "effect/Effect"
import { knobHash } from "../../cohort/knobHash.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { type EngineSettings, parseEngineConfig } from "../../domain/Config.ts"
import { ConfigError } from "../../domain/errors.ts"
import { attempt, readText, readTotally } from "../../domain/readInput.ts"
import { RECORD_ROWS } from "../../domain/records.ts"
import { nullOr, number, object, string } from "../../domain/Shape.ts"
import { AuditDecoder } from "../../engine/audit/AuditDecoder.ts"
import { type PlainCommand, PLAIN_COMMANDS } from "../../engine/commands.ts"
import type { FleetCore } from "../../fleet/FleetCore.ts"
import {
  RECORD_CODE,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import {
  AUDIT_COMMAND,
  AUDIT_DIGEST,
  AUDIT_ENGINE_STARTED,
  AUDIT_TICK,
  COMMAND_AUDIT_FULL,
} from "../../hot/codes.ts"
import { DIGEST_EXTRAS_AT, DIGEST_PLACES, receivedAtUs } from "../../hot/digestRecord.ts"
import { recordDifference } from "../../journal/format/recordDifference.ts"
import { KeyStandingShape } from "../keyStanding.ts"
import { takeUp } from "../takeUp.ts"
import { watchedCore } from "../watchedCore.ts"

/** An engine's records, from its first one on. */
export interface RecordedKey {
  readonly run: string
  /** The configuration of the fleet's engines. */
  readonly config: unknown
  readonly records: ReadonlyArray<Float64Array>
  /** It did not end by itself. */
  readonly cut?: boolean | undefined
}

/** Whether it is the same again, and where it first differs. */
export interface KeyReplay {
  readonly verdict: "identical" | "different" | "unable"
  readonly reason: string | null
  readonly inputs: number
  readonly decisions: number
  readonly difference: {
    readonly seq: number
    readonly field: string
    readonly recorded: AuditRecord | null
    readonly replayed: AuditRecord | null
  } | null
}

const StartShape = object({
  fleet: object({ name: string(), epoch: number(), restAfterUs: number(), passivateAfterUs: number() }),
  key: object({ name: string(), standing: nullOr(string()) }),
})

const isInput = (record: Float64Array): boolean => RECORD_ROWS[record[RECORD_KIND]]?.input === true

const unable = (reason: string): KeyReplay => ({
  verdict: "unable",
  reason,
  inputs: 0,
  decisions: 0,
  difference: null,
})

/** Runs it again; `start` is what its journal says of its beginning. Total: what cannot be run again is `unable`, with the reason. */
export function replayKey(
  recorded: RecordedKey,
  onSeq: ((seq: number) => void) | undefined,
  start: unknown,
): KeyReplay {
  const settings = parseEngineConfig(recorded.config)
  if (settings instanceof ConfigError) return unable(settings.message)
  const { records } = recorded
  if (!settings.auditDigests) return unable("its digests were not journaled")
  if (records.length === 0 || records[0][RECORD_KIND] !== AUDIT_ENGINE_STARTED)
    return unable("its start is not in the journal")
  const gap = records.findIndex((record, i) => record[RECORD_SEQUENCE] !== records[0][RECORD_SEQUENCE] + i)
  if (gap >= 0) return unable(`record ${records[0][RECORD_SEQUENCE] + gap} is not in the journal`)
  const full = records.find(
    (one) => one[RECORD_KIND] === AUDIT_COMMAND && one[RECORD_CODE] === COMMAND_AUDIT_FULL,
  )
  if (full !== undefined)
    return unable(`the audit of its bucket had no room at record ${full[RECORD_SEQUENCE]}`)
  const read = readTotally(StartShape, start, { excess: "drop" })
  if (!read.ok) return unable("its journal does not say how it began")
  const { fleet, key } = read.value
  const core = attempt(() =>
    watchedCore({
      name: `${fleet.name}-${fleet.epoch}`,
      engine: settings,
      shared: new Map(),
      restAfterUs: fleet.restAfterUs,
      passivateAfterUs: fleet.passivateAfterUs,
      maxEngines: 1,
      inbox: 0,
      tickUs: 1,
      auditMemory: 1,
    }),
  )
  if (core === null) return unable("this build refuses the rules of its fleet")
  return new Replay(recorded, settings, core).run(key.name, key.standing, onSeq)
}

class Replay {
  private readonly recorded: RecordedKey
  private readonly settings: EngineSettings
  private readonly core: FleetCore
  private readonly decoder: AuditDecoder
  /** Records of the engine that runs now, not compared yet. */
  private readonly repeated: Array<Float64Array> = []
  private inputs = 0
  private decisions = 0

  constructor(recorded: RecordedKey, settings: EngineSettings, core: FleetCore) {
    this.recorded = recorded
    this.settings = settings
    this.core = core
    this.decoder = new AuditDecoder(recorded.run, settings)
    core.trail.trail.attach({
      exact: true,
      blocked: null,
      room: Number.POSITIVE_INFINITY,
      // Behind the point is the number of the engine.
      add: (_, exact) => {
        for (const numbers of exact) this.repeated.push(numbers.slice(0, -1))
      },
      state: () => [],
      writers: () => [],
      finish: () => Effect.void,
    })
  }

  run(key: string, standing: string | null, onSeq: ((seq: number) => void) | undefined): KeyReplay {
    const { records, cut } = this.recorded
    const { core, repeated } = this
    this.begin(key, standing, records[0][RECORD_TIMESTAMP_US])
    let at = 0
    for (; at < records.length; at++) {
      if (repeated.length === 0) {
        const next = records.findIndex((record, i) => i >= at && isInput(record))
        if (next >= 0) this.give(key, records[next])
        // Nothing came from outside any more but the end.
        else this.stop(key, records[at][RECORD_TIMESTAMP_US])
        onSeq?.(records[at][RECORD_SEQUENCE])
      }
      const replayed = repeated.shift() ?? null
      const field =
        replayed === null ? "missing" : recordDifference(records[at], replayed, this.settings.space.names)
      if (field !== null) return this.differ(records[at], field, records[at], replayed)
      if (!isInput(records[at])) this.decisions++
    }
    if (repeated.length > 0 && cut !== true)
      return this.differ(records[at - 1], "unexpected", null, repeated[0])
    core.end()
    return this.result("identical", null)
  }

  private begin(key: string, standing: string | null, nowUs: number): void {
    const { core } = this
    core.beginsAt(nowUs)
    core.begin()
    if (standing === null) core.spawn(key)
    else {
      const table = knobHash(this.settings.space)
      takeUp(core, { key, left: readText(KeyStandingShape, standing), table, nowUs })
    }
  }

  /** Gives it again what came from outside. */
  private give(key: string, record: Float64Array): void {
    const { core } = this
    const cell = core.cells.get(key)
    if (cell === undefined) return
    this.inputs++
    if (record[RECORD_KIND] === AUDIT_TICK) return core.tick(record[RECORD_TIMESTAMP_US])
    if (record[RECORD_KIND] === AUDIT_DIGEST) {
      core.beginsAt(receivedAtUs(record))
      core.observe(cell, this.digestOf(record))
      return
    }
    core.beginsAt(record[RECORD_TIMESTAMP_US])
    const type = PLAIN.find((one) => PLAIN_COMMANDS[one] === record[RECORD_CODE])
    // One without a baseline is refused, and the record is missing then.
    if (type !== undefined) attempt(() => core.send(cell, { type }))
  }

  private stop(key: string, nowUs: number): void {
    const cell = this.core.cells.get(key)
    this.core.beginsAt(nowUs)
    if (cell !== undefined) this.core.stop(cell)
  }

  /** As it was reported: a digest of an owner carries its own time. */
  private digestOf(record: Float64Array): object {
    const channels = Object.entries(DIGEST_PLACES)
      .filter(([name]) => name !== "receivedUs")
      .map(([name, [, at]]) => [name, record[at]])
    const extras = this.settings.extras.map((name, i) => [name, record[DIGEST_EXTRAS_AT + i]])
    return {
      ...Object.fromEntries(channels),
      timestampUs: record[RECORD_TIMESTAMP_US],
      generation: record[RECORD_GENERATION],
      ...(extras.length > 0 && { extras: Object.fromEntries(extras) }),
    }
  }

  private differ(
    { [RECORD_SEQUENCE]: seq }: Float64Array,
    field: string,
    recorded: Float64Array | null,
    replayed: Float64Array | null,
  ): KeyReplay {
    const words = (record: Float64Array | null): AuditRecord | null =>
      record === null ? null : this.decoder.decode(record, 0)
    return this.result("different", { seq, field, recorded: words(recorded), replayed: words(replayed) })
  }

  private result(verdict: KeyReplay["verdict"], difference: KeyReplay["difference"]): KeyReplay {
    return { verdict, reason: null, inputs: this.inputs, decisions: this.decisions, difference }
  }
}

const PLAIN = Object.keys(PLAIN_COMMANDS) as ReadonlyArray<PlainCommand>
