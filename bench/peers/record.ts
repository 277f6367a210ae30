/** The committed figures of the peers: bench/peers/recorded.json, and the way to read and write it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { type PeerName, peerNames, type Versions } from "./PeerProcess.ts"

/** Figures by seed, by row, by peer: true values at recommended points, to 6 digits. */
export type Figures = Record<string, ReadonlyArray<number>>

export interface PeerRecord {
  readonly fingerprint: string
  readonly budget: number
  readonly seeds: number
  readonly versions: Versions
  readonly figures: Readonly<Record<PeerName, Figures>>
}

const file = new URL("recorded.json", import.meta.url)

export const rounded = (value: number): number => Number(value.toPrecision(6))

export function readRecord(): PeerRecord | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PeerRecord) : null
}

/** One line a row: small, and a change of it can be read. */
export function writeRecord(record: PeerRecord): void {
  const { figures, ...head } = record
  const peers = peerNames.map((peer) => {
    const lines = Object.entries(figures[peer]).map(
      ([row, values]) => `   ${JSON.stringify(row)}: ${JSON.stringify(values)}`,
    )
    return `  ${JSON.stringify(peer)}: {\n${lines.join(",\n")}\n  }`
  })
  const top = JSON.stringify(head).slice(0, -1)
  writeFileSync(file, `${top},\n "figures": {\n${peers.join(",\n")}\n }\n}\n`)
}
