/** The committed figures of the peers: bench/peers/recorded.json, and the way to read and write it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { type PeerName, peerNames, type Versions } from "./PeerProcess.ts"

/** Figures by seed, by row, by peer: true values at recommended points, to 6 digits. */
export type Figures = Record<string, ReadonlyArray<number>>

/** What Optuna reaches on spaces with choices: by class, by seed, the number of wrong picks and the error at each budget. */
export interface MixedRecord {
  readonly fingerprint: string
  readonly seeds: number
  readonly budgets: ReadonlyArray<number>
  readonly versions: Versions
  readonly figures: Readonly<Record<string, ReadonlyArray<ReadonlyArray<number>>>>
}

export interface PeerRecord {
  readonly fingerprint: string
  readonly budget: number
  readonly seeds: number
  readonly versions: Versions
  readonly figures: Readonly<Record<PeerName, Figures>>
  readonly mixed?: MixedRecord
}

const file = new URL("recorded.json", import.meta.url)

export const rounded = (value: number): number => Number(value.toPrecision(6))

export function readRecord(): PeerRecord | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PeerRecord) : null
}

/** One line a row: small, and a change of it can be read. */
export function writeRecord(record: PeerRecord): void {
  const { figures, mixed, ...head } = record
  const peers = peerNames.map((peer) => {
    const lines = Object.entries(figures[peer]).map(
      ([row, values]) => `   ${JSON.stringify(row)}: ${JSON.stringify(values)}`,
    )
    return `  ${JSON.stringify(peer)}: {\n${lines.join(",\n")}\n  }`
  })
  const { figures: byClass, ...mixedHead } = mixed ?? { figures: {} }
  const classes = Object.entries(byClass).map(
    ([name, values]) => `   ${JSON.stringify(name)}: ${JSON.stringify(values)}`,
  )
  const last =
    mixed === undefined
      ? ""
      : `,\n "mixed": ${JSON.stringify(mixedHead).slice(0, -1)},\n  "figures": {\n${classes.join(",\n")}\n  }\n }`
  const top = JSON.stringify(head).slice(0, -1)
  writeFileSync(file, `${top},\n "figures": {\n${peers.join(",\n")}\n }${last}\n}\n`)
}
