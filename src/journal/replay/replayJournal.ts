/**
 * Runs a run of a journal again, from the disk: as it was, to prove it (`replayJournal`), or under another configuration, to
 * see what that would have made of the same telemetry (`whatIfJournal`).
 */
import type { EngineConfig, EngineSettings } from "../../domain/Config.ts"
import { RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { type RecordedRun, replay, type ReplayResult } from "./replay.ts"
import { replayCohort } from "./replayCohort.ts"
import { type RunTally, whatIf, type WhatIfResult } from "./whatIf.ts"
import { plainLines, plainText } from "../../system/plainText.ts"
import { recordText } from "../read/readJournal.ts"
import { walkJournal } from "../read/walkJournal.ts"

/** Which run of a journal is meant. */
export interface ReplayOptions {
  /** The run, by its id or the name of its engine; the last of the journal when omitted, and the last of the name where there are several. */
  readonly run?: string | undefined
  /** The run by its place among those that this build can read, from 0: several may have one id, where time is manual. */
  readonly nth?: number | undefined
  /** Told of each record that is given, by its number and how many there are: a long run takes its time. */
  readonly onRecord?: ((seq: number, of: number) => void) | undefined
}

/** What a replay from the disk found. */
export interface JournalReplay extends ReplayResult {
  /** The run that was replayed; null where the journal has none of that name. */
  readonly run: string | null
  /** Version of the engine that wrote it. */
  readonly engine: string | null
  /** All of it for a person. */
  readonly text: string
}

/** What another configuration would have made of a run on the disk. */
export interface JournalWhatIf extends WhatIfResult {
  readonly run: string | null
  /** All of it for a person. */
  readonly text: string
}

interface Loaded {
  readonly recorded: RecordedRun
  /** How it was started. */
  readonly start: Readonly<Record<string, unknown>> | null
  readonly engine: string
  /** The journal is whole. */
  readonly whole: boolean
}

/** A run off the disk, or why there is none. Holds its records in memory. */
export function loadRun(directory: string, options: ReplayOptions): Loaded | string {
  const records: Array<Float64Array> = []
  const notes = new Map<number, string>()
  let settings: unknown = null
  let nth = -1
  let taken = -1
  const isMeant = (run: string, settings: EngineSettings | null): boolean =>
    options.run === undefined || options.run === run || options.run === settings?.name
  const { runs, problems } = walkJournal(directory, (item) => {
    // Every run has settings of its own: others begin where these are not the same object.
    if (item.settings !== settings) nth++
    settings = item.settings
    if (!isMeant(item.run, item.settings) || nth !== (options.nth ?? nth)) return
    if (nth !== taken) {
      records.length = 0
      notes.clear()
    }
    taken = nth
    records.push(item.numbers.slice())
    if (item.note !== null) notes.set(item.numbers[RECORD_SEQUENCE], item.note)
  })
  const found =
    options.nth === undefined
      ? runs.findLast(({ run, settings }) => isMeant(run, settings))
      : runs.filter(({ settings, records }) => settings !== null && records > 0).at(options.nth)
  if (found === undefined) {
    return options.run === undefined ? "the journal is empty" : `the journal has no run ${options.run}`
  }
  return {
    recorded: {
      run: found.run,
      config: found.start?.["config"],
      resume: found.start?.["resume"],
      cohort: found.start?.["cohort"],
      records,
      notes,
      cut: !found.ended,
    },
    start: found.start,
    engine: found.engine,
    whole: problems.length === 0,
  }
}

/** Runs a recorded run again; told of each record that is given. */
export type RunAgain = (
  recorded: RecordedRun,
  onSeq: ((seq: number) => void) | undefined,
  start: Readonly<Record<string, unknown>> | null,
) => ReplayResult

const byItsRecord: RunAgain = (recorded, onSeq) =>
  recorded.cohort === undefined
    ? replay(recorded, onSeq && ((_, seq) => onSeq(seq)))
    : replayCohort(recorded, onSeq)

/** Replays a run of a journal and compares every decision with the record. `again`: how, where its own record does not say. */
export function replayJournal(
  directory: string,
  options: ReplayOptions = {},
  again: RunAgain = byItsRecord,
): JournalReplay {
  const loaded = loadRun(directory, options)
  if (typeof loaded === "string") {
    const result = { verdict: "unable", reason: loaded, inputs: 0, decisions: 0, difference: null } as const
    return { ...result, run: null, engine: null, text: plainLines(`Not replayed: ${loaded}.\n`) }
  }
  const { recorded, start, engine, whole } = loaded
  const { onRecord } = options
  const of = recorded.records.length
  const result = again(recorded, onRecord && ((seq) => onRecord(seq, of)), start)
  const damage = whole ? "" : NOT_WHOLE
  return { ...result, run: recorded.run, engine, text: `${damage}${replayText(recorded.run, result)}` }
}

/**
 * Gives the telemetry of a run to an engine with `changes`: whole options of the configuration, or with a dot parts of them
 * (`{ "window.digests": 9 }`), the rest as recorded; see `whatIf`.
 */
export function whatIfJournal(
  directory: string,
  changes: Partial<Omit<EngineConfig, "params">> & Readonly<Record<`${string}.${string}`, unknown>>,
  options: ReplayOptions = {},
): JournalWhatIf {
  const loaded = loadRun(directory, options)
  if (typeof loaded === "string") {
    return {
      reason: loaded,
      recorded: null,
      replayed: null,
      run: null,
      text: plainLines(`Not replayed: ${loaded}.\n`),
    }
  }
  const { run } = loaded.recorded
  const { onRecord } = options
  const of = loaded.recorded.records.length
  const config = fieldsOf(loaded.recorded.config)
  const whole = wholeOptions(config, changes)
  const result = whatIf(loaded.recorded, whole, onRecord && ((seq) => onRecord(seq, of)))
  const damage = loaded.whole ? "" : NOT_WHOLE
  return { ...result, run, text: `${damage}${whatIfText(run, config, whole, result)}` }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

/** `window.digests` put into the window that was recorded; a preset by name becomes one with numbers of its own. */
function wholeOptions(
  config: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const whole: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(changes)) {
    const [name, ...parts] = path.split(".")
    if (parts.length === 0) whole[name] = value
    else {
      const before = Object.hasOwn(whole, name) ? whole[name] : config[name]
      const preset = name === "guardrails" && typeof before === "string" ? { preset: before } : {}
      whole[name] = { ...preset, ...fieldsOf(before), [parts.join(".")]: value }
    }
  }
  return whole
}

const NOT_WHOLE = "The journal is not whole: verify it first.\n"

const side = (name: string, record: AuditRecord | null): string =>
  `  ${name}: ${record === null ? "nothing" : recordText(record, String)}`

/** A reason may be a sentence of its own already, as a ConfigError's is. */
const sentence = (reason: string | null): string => (/[.?!]$/.test(reason ?? "") ? `${reason}` : `${reason}.`)

function replayText(run: string, { verdict, reason, inputs, decisions, difference }: ReplayResult): string {
  if (verdict === "unable") return plainLines(`Run ${run} cannot be replayed: ${sentence(reason)}\n`)
  const fed = `${inputs} inputs led to ${decisions} decisions`
  if (difference === null)
    return plainLines(`Run ${run} repeats itself: ${fed}, each of them as recorded, bit for bit.\n`)
  return [
    `Run ${run} does not repeat itself. After ${fed} as recorded, record ${difference.seq} differs in ${difference.field}:`,
    side("recorded", difference.recorded),
    side("replayed", difference.replayed),
    "",
  ]
    .map(plainText)
    .join("\n")
}

type Row = readonly [string, number, number]

/** Rows of one group of counts, for every word that either side has. */
const rowsOf = (
  name: string,
  then: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): ReadonlyArray<Row> =>
  [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .sort()
    .map((word) => [`${name} ${word}`, then[word] ?? 0, now[word] ?? 0])

const rows = (then: RunTally, now: RunTally): ReadonlyArray<Row> => [
  ...rowsOf("apply", then.applies, now.applies),
  ...rowsOf("refused", then.violations, now.violations),
  ...rowsOf("no change", then.noChanges, now.noChanges),
  ...rowsOf("SafeMode", then.trips, now.trips),
  ["rollback", then.rollbacks, now.rollbacks],
  ["new baseline", then.baselines, now.baselines],
  ...rowsOf("largest move of", then.largestMove, now.largestMove),
  ...rowsOf("path of", then.path, now.path),
  ...rowsOf("end of", then.end, now.end),
]

const shown = (value: unknown): string => (value === undefined ? "the default" : JSON.stringify(value))

const figure = (value: number): string => String(Number(value.toPrecision(5)))

function whatIfText(
  run: string,
  config: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
  { reason, recorded, replayed }: WhatIfResult,
): string {
  if (recorded === null || replayed === null)
    return plainLines(`Run ${run} cannot be replayed: ${sentence(reason)}\n`)
  const lines = rows(recorded, replayed).map(([name, then, now]) => [
    plainText(name),
    figure(then),
    figure(now),
  ])
  const table = [["", "recorded", "what if"], ...lines]
  const width = (column: number): number => Math.max(...table.map((row) => row[column].length))
  return [
    plainText(`Run ${run} again, the plant answering as it did then, with`),
    ...Object.entries(changes).map(([name, value]) =>
      plainText(`  ${name} ${shown(value)} instead of ${shown(config[name])}`),
    ),
    ...table.map(([name, then, now]) =>
      `  ${name.padEnd(width(0))}  ${then.padStart(width(1))}  ${now.padStart(width(2))}`.trimEnd(),
    ),
    "",
  ].join("\n")
}
