/** Runs a run of a journal again, from the disk: the replay of `runtime/replay.ts` over what a directory holds. */
import type { AuditRecord } from "../runtime/AuditRecord.ts"
import { replay, type ReplayResult } from "../runtime/replay.ts"
import { recordLine } from "./readJournal.ts"
import { walkJournal } from "./walkJournal.ts"

export interface JournalReplay extends ReplayResult {
  /** The run that was replayed; null where the journal has none of that name. */
  readonly run: string | null
  /** Version of the engine that wrote it. */
  readonly engine: string | null
  /** All of it for a person. */
  readonly text: string
}

/**
 * Replays a run of a journal: the one that is named, or the last. Where a name is there several times (manual runs are
 * named by their seed), the last of them. Holds that run's records in memory.
 */
export function replayJournal(
  directory: string,
  options: { readonly run?: string | undefined } = {},
): JournalReplay {
  const records: Array<Float64Array> = []
  let settings: unknown = null
  const { runs, problems } = walkJournal(directory, (item) => {
    if (options.run !== undefined && item.run !== options.run) return
    // Every run has settings of its own: others begin where these are not the same object.
    if (item.settings !== settings) records.length = 0
    settings = item.settings
    records.push(item.numbers.slice())
  })
  const found = runs.findLast(({ run }) => options.run === undefined || run === options.run)
  if (found === undefined) {
    const reason =
      options.run === undefined ? "the journal is empty" : `the journal has no run ${options.run}`
    const result = { verdict: "unable", reason, inputs: 0, decisions: 0, difference: null } as const
    return { ...result, run: null, engine: null, text: `Not replayed: ${reason}.\n` }
  }
  const result = replay({ run: found.run, config: found.start?.["config"], records, cut: !found.ended })
  const damage = problems.length === 0 ? "" : "The journal is not whole: verify it first.\n"
  return {
    ...result,
    run: found.run,
    engine: found.engine,
    text: `${damage}${replayText(found.run, result)}`,
  }
}

const side = (name: string, record: AuditRecord | null): string =>
  `  ${name}: ${record === null ? "nothing" : recordLine(record)}`

function replayText(run: string, { verdict, reason, inputs, decisions, difference }: ReplayResult): string {
  if (verdict === "unable") return `Run ${run} cannot be replayed: ${reason}.\n`
  const fed = `${inputs} inputs led to ${decisions} decisions`
  if (difference === null)
    return `Run ${run} repeats itself: ${fed}, each of them as recorded, bit for bit.\n`
  return [
    `Run ${run} does not repeat itself. After ${fed} as recorded, record ${difference.seq} differs in ${difference.field}:`,
    side("recorded", difference.recorded),
    side("replayed", difference.replayed),
    "",
  ].join("\n")
}
