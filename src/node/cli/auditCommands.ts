/** `arqon audit ...` and `arqon replay`: a journal in words. Reading needs no engine; the one that writes may still run. */
import { didYouMean } from "../../domain/problems.ts"
import { AUDIT_KINDS, type AuditKind } from "../../domain/words.ts"
import {
  type JournalFilter,
  readJournal,
  recordLine,
  reportText,
  timeText,
  verifyJournal,
} from "../readJournal.ts"
import { replayJournal, whatIfJournal } from "../replayJournal.ts"
import { tailJournal } from "../tailJournal.ts"
import type { JournalRun } from "../walkJournal.ts"
import { whyChanged } from "../whyChanged.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { journalDirectory, stateDirectory } from "./journalDirectory.ts"
import { parseTime } from "./journalTime.ts"
import { note, print, printWarning } from "./output.ts"
import { shortPath } from "./paths.ts"
import { onSignals } from "./signals.ts"
import { writeDocument } from "./writeDocument.ts"

interface FilterFlags {
  readonly directory: string
  readonly run: string | null
  readonly kind: string | null
  readonly knob: string | null
  readonly from: string | null
  readonly to: string | null
  readonly last: number | null
  readonly json: boolean
}

export interface VerifyFlags {
  readonly directory: string
  readonly head: string | null
  readonly json: boolean
}

export async function verifyCommand({ directory, head, json }: VerifyFlags): Promise<ExitCode> {
  const report = verifyJournal(journalDirectory(directory), { head: head ?? undefined })
  print(json ? JSON.stringify(report) : reportText(report).trimEnd())
  return report.status === "damaged" ? EXIT.differs : EXIT.ok
}

export async function showCommand(flags: FilterFlags): Promise<ExitCode> {
  const { records, problems, runs } = readJournal(journalDirectory(flags.directory), filterOf(flags))
  for (const record of records) print(flags.json ? JSON.stringify(record) : recordLine(record))
  if (records.length === 0) note(whyNone(flags, runs))
  warn(problems.length)
  return EXIT.ok
}

export async function exportCommand(flags: FilterFlags & { readonly output: string }): Promise<ExitCode> {
  const { records, problems, runs } = readJournal(journalDirectory(flags.directory), filterOf(flags))
  if (records.length === 0) note(whyNone(flags, runs))
  await writeDocument(flags.output, records.map((record) => `${JSON.stringify(record)}\n`).join(""))
  print(`Wrote ${shortPath(flags.output)}: ${records.length} record${records.length === 1 ? "" : "s"}.`)
  warn(problems.length)
  return EXIT.ok
}

/** What `tail` shows of what is there already. */
const LAST_AT_FIRST = 10

export async function tailCommand(flags: FilterFlags): Promise<ExitCode> {
  const ending = new AbortController()
  const signals = onSignals(() => ending.abort())
  try {
    const filter = filterOf(flags)
    const last = filter.last ?? (filter.fromUs === undefined ? LAST_AT_FIRST : undefined)
    const options = { ...filter, last, signal: ending.signal }
    for await (const record of tailJournal(stateDirectory(flags.directory), options))
      print(flags.json ? JSON.stringify(record) : recordLine(record))
  } finally {
    signals.off()
  }
  return EXIT.ok
}

export interface WhyFlags {
  readonly directory: string
  readonly knob: string
  readonly at: string | null
  readonly run: string | null
  readonly json: boolean
}

export async function whyCommand({ directory, knob, at, run, json }: WhyFlags): Promise<ExitCode> {
  const untilUs = at === null ? Number.POSITIVE_INFINITY : timeOf("at", at)
  const change = whyChanged(journalDirectory(directory), knob, untilUs, { run: run ?? undefined })
  if (change === null) {
    const when = at === null ? "" : ` up to ${timeText(untilUs)}`
    throw new CliFailure(`${shortPath(directory)} holds no change of ${JSON.stringify(knob)}${when}.`)
  }
  print(json ? JSON.stringify(change) : change.text.trimEnd())
  return EXIT.ok
}

export interface ReplayFlags {
  readonly directory: string
  readonly run: string | null
  readonly whatIf: ReadonlyArray<string>
  readonly json: boolean
}

export async function replayCommand({ directory, run, whatIf, json }: ReplayFlags): Promise<ExitCode> {
  if (whatIf.length > 0) {
    const { text, ...result } = whatIfJournal(journalDirectory(directory), changesOf(whatIf), {
      run: run ?? undefined,
    })
    print(json ? JSON.stringify(result) : text.trimEnd())
    return result.reason === null ? EXIT.ok : EXIT.badInput
  }
  const { text, ...result } = replayJournal(journalDirectory(directory), { run: run ?? undefined })
  print(json ? JSON.stringify(result) : text.trimEnd())
  return result.verdict === "identical" ? EXIT.ok : result.verdict === "unable" ? EXIT.badInput : EXIT.differs
}

/** Nothing to show is an answer too, and often a slip in a name. */
function whyNone({ run, knob }: FilterFlags, runs: ReadonlyArray<JournalRun>): string {
  const unknown = (what: string, word: string, known: ReadonlyArray<string>): string => {
    const hint = didYouMean(word, known)
    return `No record: there is no ${what} ${JSON.stringify(word)}.${hint === null ? "" : ` ${hint}`}`
  }
  const ids = runs.map((known) => known.run)
  if (run !== null && !ids.includes(run)) return unknown("run", run, ids)
  const knobs = [...new Set(runs.flatMap(({ settings }) => settings?.space.names ?? []))]
  if (knob !== null && !knobs.includes(knob)) return unknown("knob", knob, knobs)
  return "No record is like that."
}

function warn(problems: number): void {
  if (problems > 0) printWarning("the journal is not whole; `arqon audit verify` says where.")
}

function filterOf({ run, kind, knob, from, to, last }: FilterFlags): JournalFilter {
  return {
    run: run ?? undefined,
    kinds: kind === null ? undefined : kindsOf(kind),
    knob: knob ?? undefined,
    fromUs: from === null ? undefined : timeOf("from", from),
    toUs: to === null ? undefined : timeOf("to", to),
    last: last ?? undefined,
  }
}

/** `guardrails=conservative`, `seed=3`, `window={"digests":9}`: the value as JSON where it is that, else as a word. */
function changesOf(words: ReadonlyArray<string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=")
      if (at < 1)
        throw new CliFailure(
          `--what-if: ${JSON.stringify(word)} is no change. Write option=value, as in guardrails=conservative.`,
          EXIT.usage,
        )
      return [word.slice(0, at), jsonOr(word.slice(at + 1))]
    }),
  )
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function kindsOf(list: string): ReadonlyArray<AuditKind> {
  return list.split(",").map((word) => {
    const kind = AUDIT_KINDS.find((known) => known === word.trim())
    if (kind === undefined) {
      const hint = didYouMean(word.trim(), AUDIT_KINDS)
      throw new CliFailure(
        `--kind: ${JSON.stringify(word.trim())} is none.${hint === null ? "" : ` ${hint}`}`,
        EXIT.usage,
      )
    }
    return kind
  })
}

function timeOf(flag: string, word: string): number {
  const atUs = parseTime(word, new Date())
  if (atUs === null)
    throw new CliFailure(
      `--${flag}: ${JSON.stringify(word)} is no time. Write 2026-03-01T14:03, 14:03, or seconds of a manual run.`,
      EXIT.usage,
    )
  return atUs
}
