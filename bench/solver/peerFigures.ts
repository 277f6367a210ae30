/**
 * Where the peers' figures come from: the committed record where its fingerprint fits, checked against a few studies run live
 * when there is an environment; a live run when asked for; otherwise nowhere, with a word why.
 */
import { findPython } from "../peers/environment.ts"
import { type PeerName, peerNames, PeerProcess } from "../peers/PeerProcess.ts"
import { type Figures, type PeerRecord, readRecord, rounded } from "../peers/record.ts"
import { BUDGET, fingerprintOf, type Row } from "./rows.ts"

export type PeerMode = "auto" | "run" | "recorded" | "skip"

export interface PeerFigures {
  /** Null where there are none. */
  readonly figures: Readonly<Record<PeerName, Figures>> | null
  /** Where they are from, or why there are none, in a sentence. */
  readonly source: string
  /** Recorded studies that were run again, and how many of them came out as recorded; null when none was. */
  readonly checked: { readonly studies: number; readonly equal: number } | null
  readonly versions: Readonly<Record<string, string>> | null
}

const none = (source: string): PeerFigures => ({ figures: null, source, checked: null, versions: null })

/** Every so many rows Optuna's record is checked: it is a hundred times slower than the other two. */
const SLOW_EVERY = 12

async function checkRecord(
  record: PeerRecord,
  python: string,
  rows: ReadonlyArray<Row>,
  say: (text: string) => void,
): Promise<PeerFigures["checked"]> {
  const live = new PeerProcess(python)
  let studies = 0
  let equal = 0
  for (const peer of peerNames) {
    for (let r = 0; r < rows.length; r += peer === "optunaTpe" ? SLOW_EVERY : 1) {
      const value = rounded(await live.study(peer, rows[r].instance(0), 0, BUDGET))
      studies++
      if (value === record.figures[peer][rows[r].name][0]) equal++
      else say(`the record of ${peer} on ${rows[r].name} does not repeat: ${value}`)
    }
  }
  live.close()
  return { studies, equal }
}

async function runAll(
  python: string,
  rows: ReadonlyArray<Row>,
  seeds: number,
  budget: number,
  say: (text: string) => void,
): Promise<PeerFigures> {
  const live = new PeerProcess(python)
  const figures: Record<PeerName, Figures> = { optunaTpe: {}, nelderMeadMultistart: {}, bobyqaMultistart: {} }
  for (const peer of peerNames) {
    for (const row of rows) {
      say(`${peer} ${row.name}`)
      const values: Array<number> = []
      for (let seed = 0; seed < seeds; seed++)
        values.push(await live.study(peer, row.instance(seed), seed, budget))
      figures[peer][row.name] = values
    }
  }
  const versions = await live.versions
  live.close()
  return { figures, source: "run now", checked: null, versions }
}

export async function peerFigures(
  mode: PeerMode,
  rows: ReadonlyArray<Row>,
  seeds: number,
  budget: number,
  say: (text: string) => void,
): Promise<PeerFigures> {
  if (mode === "skip") return none("skipped: --peers skip")
  const python = mode === "recorded" ? null : findPython()
  if (mode === "run") {
    if (python === null)
      return none("skipped: there is no Python environment with the peers (npm run bench:peers makes one)")
    return runAll(python, rows, seeds, budget, say)
  }
  const record = readRecord()
  if (record === null)
    return none("skipped: bench/peers/recorded.json is missing (npm run bench:peers makes it)")
  if (budget !== record.budget || seeds > record.seeds)
    return none(
      `skipped: the record is for ${record.budget} evaluations and ${record.seeds} seeds (--peers run)`,
    )
  if (record.fingerprint !== fingerprintOf(record.budget))
    return none("skipped: the record was made of other instances or by another program (npm run bench:peers)")
  const checked = python === null ? null : await checkRecord(record, python, rows, say)
  const figures: Record<PeerName, Figures> = { optunaTpe: {}, nelderMeadMultistart: {}, bobyqaMultistart: {} }
  for (const peer of peerNames) {
    for (const { name } of rows) figures[peer][name] = record.figures[peer][name].slice(0, seeds)
  }
  return { figures, source: "bench/peers/recorded.json", checked, versions: record.versions }
}
