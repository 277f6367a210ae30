/** `arqon audit ...` and `arqon replay`: a journal in words. Reading needs no engine; the one that writes may still run. */
import { basename, dirname, resolve } from "node:path"
import { didYouMean } from "../domain/problems.ts"
import { AUDIT_KINDS, type AuditKind } from "../domain/records.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import { plainJson, plainText } from "../system/plainText.ts"
import {
  type JournalFilter,
  type JournalReport,
  makeFilter,
  recordLine,
  reportText,
  timeText,
  verifySteps,
} from "../journal/read/readJournal.ts"
import { replayKey } from "../cluster/records/replayKey.ts"
import { replayJournal, whatIfJournal } from "../journal/replay/replayJournal.ts"
import { causeText, isSystemError } from "../system/StateFileError.ts"
import { tailJournal } from "../journal/read/tailJournal.ts"
import {
  type JournalItem,
  type JournalRun,
  type JournalSummary,
  stepsOf,
  walkJournal,
} from "../journal/read/walkJournal.ts"
import { WhyChanged } from "../journal/read/whyChanged.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { journalDirectory, stateDirectory } from "./journalDirectory.ts"
import type { JournalPlace } from "./JournalPlace.ts"
import { atAPace, LineWriter, Progress, Stopped } from "./journalPace.ts"
import { parseTime, type TimeSpan } from "./journalTime.ts"
import { note, print, printWarning } from "./output.ts"
import { shortPath } from "../system/paths.ts"
import { onSignals } from "./signals.ts"
import { writeDocumentBy } from "./writeDocument.ts"
import { Latest } from "../journal/read/Latest.ts"

interface FilterFlags extends JournalPlace {
  readonly run: string | null
  readonly kind: string | null
  readonly knob: string | null
  readonly note: string | null
  readonly from: string | null
  readonly to: string | null
  readonly last: number | null
}

interface ShowFlags extends FilterFlags {
  readonly json: boolean
}

export interface VerifyFlags extends JournalPlace {
  readonly head: string | null
  readonly json: boolean
}

const HEAD = /^[0-9a-f]{64}$/i

export async function verifyCommand(flags: VerifyFlags): Promise<ExitCode> {
  const { directory, chain, head, json } = flags
  if (head !== null && !HEAD.test(head))
    throw new CliFailure(
      "--head must be the 64 hexadecimal digits in which the chain ended at an earlier check.",
      EXIT.usage,
    )
  return stoppable(async () => {
    const verified = (of: string, head?: string) => atAPace(verifySteps(journalDirectory(of), head))
    const report = await verified(chain ?? directory, head?.toLowerCase())
    // What is of one key follows from the journal of its bucket, where nothing of it is missing.
    const own = chain === undefined || report.segments === 0 ? null : await verified(directory)
    if (json) print(plainJson({ ...briefly(report), ...(own === null ? {} : { key: briefly(own) }) }))
    else print([reportText(report), ...(own === null ? [] : [keyText(own)])].join("").trimEnd())
    // Nothing of it can be read: perhaps it is no journal at all.
    if (report.segments === 0) return EXIT.badInput
    return report.status === "damaged" || own?.status === "damaged" ? EXIT.differs : EXIT.ok
  })
}

/** Runs without their settings, which follow from their start. */
const briefly = (report: JournalReport): object => ({
  ...report,
  runs: report.runs.map((run) => ({ ...run, settings: undefined })),
})

/** Which of a bucket's records are of a key. */
function keyText({ records, runs, problems }: JournalReport): string {
  const names = [...new Set(runs.map(({ run }) => run))].join(", ")
  return [
    `${records} of these records are of the key${names === "" ? "" : `: ${names}`}.`,
    ...problems.map(({ detail }) => `  Of these: ${detail}.`),
    "",
  ]
    .map(plainText)
    .join("\n")
}

/** A person who ends a command gets its exit code, and no stack. */
async function stoppable(command: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command()
  } catch (cause) {
    if (cause instanceof Stopped) return cause.signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated
    throw cause
  }
}

/** Hands over every record that passes the filter; with `last` only the last so many, at the end. */
async function eachRecord(
  flags: FilterFlags,
  take: (record: AuditRecord) => void,
  between?: () => Promise<void>,
): Promise<{ readonly found: number; readonly summary: JournalSummary }> {
  const { last, ...filter } = filterOf(flags)
  const wanted = makeFilter(filter)
  let found = 0
  const latest = new Latest<AuditRecord>(last)
  const visit = (item: JournalItem): void => {
    if (!wanted(item)) return
    found++
    if (last === undefined) take(item.words())
    else latest.add(item.words())
  }
  const summary = await atAPace(stepsOf(journalDirectory(flags.directory), visit), between)
  for (const record of latest.list()) take(record)
  return { found: Math.min(found, last ?? found), summary }
}

export async function showCommand(flags: ShowFlags): Promise<ExitCode> {
  const lines = new LineWriter()
  const text = flags.json ? plainJson : recordLine
  return stoppable(async () => {
    const { found, summary } = await eachRecord(
      flags,
      (record) => lines.add(text(record)),
      () => lines.drained(),
    )
    await lines.drained()
    if (found === 0) note(whyNone(flags, summary.runs))
    warn(summary)
    return EXIT.ok
  })
}

export async function exportCommand(flags: FilterFlags & { readonly output: string }): Promise<ExitCode> {
  const { directory, output } = flags
  keepOffTheJournal(directory, output)
  return stoppable(async () => {
    let kept = ""
    const { found, summary } = await writeDocumentBy(output, async (write) => {
      const flush = async (): Promise<void> => {
        const text = kept
        kept = ""
        await write(text)
      }
      const walked = await eachRecord(flags, (record) => (kept += `${plainJson(record)}\n`), flush)
      await flush()
      return walked
    })
    if (found === 0) note(whyNone(flags, summary.runs))
    print(`Wrote ${shortPath(output)}: ${found} record${found === 1 ? "" : "s"}.`)
    warn(summary)
    return EXIT.ok
  })
}

/** What is exported must not take the place of what it comes from. */
function keepOffTheJournal(directory: string, output: string): void {
  if (!/^journal[-.]/.test(basename(output)) || resolve(dirname(output)) !== resolve(directory)) return
  throw new CliFailure(
    `${shortPath(output)} is a file of the journal itself. Give --output another name.`,
    EXIT.usage,
  )
}

/** What `tail` shows of what is there already. */
const LAST_AT_FIRST = 10

export async function tailCommand(flags: ShowFlags): Promise<ExitCode> {
  const ending = new AbortController()
  const signals = onSignals(() => ending.abort())
  const directory = stateDirectory(flags.directory)
  try {
    const filter = filterOf(flags)
    const last = filter.last ?? (filter.fromUs === undefined ? LAST_AT_FIRST : undefined)
    const skipped = (problem: string): void =>
      printWarning(plainText(`${problem}: left out; \`arqon audit verify\` says more.`))
    const options = { ...filter, last, signal: ending.signal, onSkipped: skipped }
    for await (const record of tailJournal(directory, options))
      print(flags.json ? plainJson(record) : recordLine(record))
  } catch (cause) {
    // The disk has said no, or the directory has gone meanwhile.
    throw isSystemError(cause) ? new CliFailure(`${flags.shown} cannot be read: ${causeText(cause)}`) : cause
  } finally {
    signals.off()
  }
  return EXIT.ok
}

export interface WhyFlags extends JournalPlace {
  readonly knob: string
  readonly at: string | null
  readonly run: string | null
  readonly json: boolean
}

export async function whyCommand({ directory, shown, knob, at, run, json }: WhyFlags): Promise<ExitCode> {
  const untilUs = at === null ? null : timeOf("at", at).toUs
  const why = new WhyChanged(knob, untilUs, { run: run ?? undefined })
  return stoppable(async () => {
    const summary = await atAPace(stepsOf(journalDirectory(directory), (item) => why.take(item)))
    const change = why.result()
    warn(summary)
    if (change === null) {
      const what = untilUs === null ? "no move of the base" : "no change"
      const when = untilUs === null ? "" : ` up to ${timeText(untilUs)}`
      const slip = unknownName({ run, knob }, summary.runs)
      const remedy = untilUs === null ? ". With --at, perturbations count too." : "."
      throw new CliFailure(
        plainText(
          `${shown} holds ${what} of ${JSON.stringify(knob)}${when}${slip === null ? remedy : `: ${slip}`}`,
        ),
      )
    }
    print(json ? plainJson(change) : change.text.trimEnd())
    return EXIT.ok
  })
}

export interface ReplayFlags extends JournalPlace {
  readonly run: string | null
  readonly whatIf: ReadonlyArray<string>
  readonly json: boolean
}

export async function replayCommand(flags: ReplayFlags): Promise<ExitCode> {
  const { directory, owned, run, whatIf } = flags
  const from = journalDirectory(directory)
  if (!owned || run !== null || whatIf.length > 0) return replayRun(from, flags)
  // What moved between owners is one thing: all of it, in the order of their epochs.
  let worst: ExitCode = EXIT.ok
  const summary = walkJournal(from, () => {})
  warn(summary)
  const readable = summary.runs.filter(({ settings, records }) => settings !== null && records > 0)
  for (const nth of readable.keys()) {
    const code = replayRun(from, flags, nth)
    if (worst !== EXIT.differs && code !== EXIT.ok) worst = code
  }
  return worst
}

function replayRun(from: string, { run, chain, whatIf, json }: ReplayFlags, nth?: number): ExitCode {
  if (chain !== undefined && whatIf.length > 0)
    throw new CliFailure(
      "--what-if needs the journal of an engine that createEngine made. Replay the key without it.",
      EXIT.usage,
    )
  const changes = changesOf(whatIf)
  const progress = new Progress()
  const options = {
    run: run ?? undefined,
    nth,
    onRecord: (seq: number, of: number) => progress.say("record", seq, of),
  }
  if (whatIf.length > 0) {
    const { text, ...result } = whatIfJournal(from, changes, options)
    progress.end()
    print(json ? plainJson(result) : text.trimEnd())
    return result.reason === null ? EXIT.ok : EXIT.badInput
  }
  const { text, ...result } = replayJournal(from, options, chain === undefined ? undefined : replayKey)
  progress.end()
  print(json ? plainJson(result) : text.trimEnd())
  return result.verdict === "identical" ? EXIT.ok : result.verdict === "unable" ? EXIT.badInput : EXIT.differs
}

/** Nothing to show is an answer too, and often a slip in a name. */
function whyNone(flags: FilterFlags, runs: ReadonlyArray<JournalRun>): string {
  const slip = unknownName(flags, runs)
  if (slip !== null) return plainText(`No record: ${slip}`)
  const { fromUs, toUs } = filterOf(flags)
  const span = [
    ...(fromUs === undefined ? [] : [`from ${timeText(fromUs)}`]),
    ...(toUs === undefined ? [] : [`to ${timeText(toUs)}`]),
  ]
  return `No record matches${span.length === 0 ? "" : ` (${span.join(" ")})`}.`
}

function unknownName(
  { run, knob }: Pick<FilterFlags, "run" | "knob">,
  runs: ReadonlyArray<JournalRun>,
): string | null {
  const unknown = (what: string, word: string, known: ReadonlyArray<string>): string => {
    const hint = didYouMean(word, known)
    return `there is no ${what} ${JSON.stringify(word)}.${hint === null ? "" : ` ${hint}`}`
  }
  const names = runs.flatMap(({ run: id, settings }) => [id, settings?.name ?? id])
  if (run !== null && !names.includes(run)) return unknown("run", run, [...new Set(names)])
  const knobs = [...new Set(runs.flatMap(({ settings }) => settings?.space.names ?? []))]
  return knob !== null && !knobs.includes(knob) ? unknown("knob", knob, knobs) : null
}

function warn({ problems, runs }: JournalSummary): void {
  if (problems.length > 0) printWarning("the journal is not whole; `arqon audit verify` says where.")
  const unknown = runs.filter(({ settings }) => settings === null)
  for (const { run, engine } of unknown)
    printWarning(
      plainText(`run ${run} was written by arqon ${engine}, whose configuration this one cannot read.`),
    )
}

function filterOf({ run, kind, knob, note: said, from, to, last }: FilterFlags): JournalFilter {
  const fromUs = from === null ? undefined : timeOf("from", from).fromUs
  const toUs = to === null ? undefined : timeOf("to", to).toUs
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs)
    throw new CliFailure(
      `--from is ${timeText(fromUs)}, after --to, which is ${timeText(toUs)}. Write both with a date.`,
      EXIT.usage,
    )
  return {
    run: run ?? undefined,
    kinds: kind === null ? undefined : kindsOf(kind),
    knob: knob ?? undefined,
    note: said ?? undefined,
    fromUs,
    toUs,
    last: last ?? undefined,
  }
}

/** `guardrails=conservative`, `seed=3`, `window.digests=9`, `window={"digests":9}`: the value as JSON where it is that, else as a word. */
function changesOf(words: ReadonlyArray<string>): Readonly<Record<string, unknown>> {
  const changes = new Map<string, unknown>()
  for (const word of words) {
    const at = word.indexOf("=")
    const name = word.slice(0, at)
    if (at < 1)
      throw new CliFailure(
        plainText(
          `--what-if: ${JSON.stringify(word)} is not a change. Write option=value, as in guardrails=conservative.`,
        ),
        EXIT.usage,
      )
    if (changes.has(name))
      throw new CliFailure(
        plainText(`--what-if: ${name} is given twice. Give each option one value.`),
        EXIT.usage,
      )
    changes.set(name, jsonOr(word.slice(at + 1)))
  }
  return Object.fromEntries(changes)
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

function timeOf(flag: string, word: string): TimeSpan {
  const span = parseTime(word, new Date())
  if (span === null)
    throw new CliFailure(
      plainText(
        `--${flag}: ${JSON.stringify(word)} is not a time. Write 2026-03-01T14:03 (local, or with Z or +02:00), 2026-03-01, 14:03, or seconds of a manual run.`,
      ),
      EXIT.usage,
    )
  return span
}
