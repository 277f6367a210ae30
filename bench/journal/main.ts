/**
 * `npm run bench:journal`: what a record costs in time and bytes, as a line of JSON and in the
 * journal, over the records of a real run; what syncing adds; and how fast a journal is checked and replayed. All in
 * one run, by turns; medians over the rounds. Fails when what was written does not come back.
 */
import { hash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { zstdCompressSync } from "node:zlib"
import { type AuditRecord, type AuditSink, createEngine } from "arqon"
import { openJournal, openJsonLines, readJournal, replayJournal, verifyJournal } from "arqon/node"
import * as Effect from "effect/Effect"
import { readOptions } from "../../scripts/options.ts"

const DIGESTS = 40_000
const ROUNDS = 7
const KNOBS = 16
const BATCH = 256

const HELP = `Measures what a record of the journal costs in time and bytes, and how fast a journal is checked and replayed.

USAGE
  npm run bench:journal -- [--json]

  --json   Print the figures as JSON
`

const { json } = readOptions(HELP, { json: { type: "boolean", default: false } })
const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]
const folder = mkdtempSync(join(tmpdir(), "arqon-bench-journal-"))
const fail = (why: string): never => {
  rmSync(folder, { recursive: true })
  throw new Error(why)
}

interface Recorded {
  readonly words: Array<AuditRecord>
  readonly exact: Array<Float64Array>
}

const params = Object.fromEntries(
  Array.from({ length: KNOBS }, (_, i) => [
    `knob${String(i).padStart(2, "0")}`,
    { min: 0, max: 10, initial: 2 },
  ]),
)
const wobble = (i: number): number => 0.01 * Math.sin(i * 12.9898 + 0.5 * Math.sin(i * 78.233))

/** A run of sixteen knobs on a bowl, digests journaled, into these sinks; seconds it took. */
async function tune(sinks: ReadonlyArray<AuditSink>, digests: boolean): Promise<number> {
  const engine = createEngine({ params, seed: 42, clock: "manual", audit: { digests, memory: 1 }, sinks })
  await engine.start()
  const names = Object.keys(params)
  const begun = performance.now()
  for (let i = 0; i < DIGESTS; i++) {
    const timestampUs = (i + 1) * 20_000
    let loss = wobble(i)
    for (const name of names) loss += (engine.values[name] / 10 - 0.7) ** 2
    engine.tick(timestampUs)
    engine.observe({ objective: loss, latencyP99Us: 1000 * loss, errorRate: 0, timestampUs })
  }
  const seconds = (performance.now() - begun) / 1000
  await engine.stop()
  return seconds
}

const recorded: Recorded = { words: [], exact: [] }
await tune(
  [
    {
      name: "recorder",
      exact: true,
      write: () => Effect.void,
      writeNow: (batch, exact = []) => {
        recorded.words.push(...batch)
        recorded.exact.push(...exact)
        return null
      },
      close: Effect.void,
    },
  ],
  true,
)
const count = recorded.words.length

/** Writes everything recorded, batch by batch, and returns nanoseconds a record. */
async function writeTo(sink: AuditSink): Promise<number> {
  const begun = performance.now()
  for (let at = 0; at < count; at += BATCH) {
    const batch = recorded.words.slice(at, at + BATCH)
    await Effect.runPromise(sink.write(batch, recorded.exact.slice(at, at + BATCH)))
  }
  const nanoseconds = ((performance.now() - begun) * 1e6) / count
  await Effect.runPromise(sink.close)
  return nanoseconds
}

const sizeOf = (directory: string): number =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)

const ns: Record<string, Array<number>> = {}
const note = (name: string, value: number): void => void (ns[name] ??= []).push(value)
let directory = ""
let journalBytes = 0
let jsonBytes = 0
for (let round = 0; round < ROUNDS; round++) {
  const place = (name: string): string => join(folder, `${name}-${round}`)
  const plain = { compress: "none", segmentBytes: 2 ** 40 } as const
  directory = place("never")
  note(
    "journal, not synced",
    await writeTo(await Effect.runPromise(openJournal(directory, { ...plain, sync: "never" }))),
  )
  journalBytes = sizeOf(directory)
  note(
    "journal, synced within a second",
    await writeTo(await Effect.runPromise(openJournal(place("interval"), plain))),
  )
  note(
    "journal, synced with each batch",
    await writeTo(await Effect.runPromise(openJournal(place("batch"), { ...plain, sync: "batch" }))),
  )
  note("JSON lines", await writeTo(await Effect.runPromise(openJsonLines(place("lines"), "r"))))
  jsonBytes = sizeOf(place("lines"))
  let begun = performance.now()
  const report = verifyJournal(directory)
  note("verify", ((performance.now() - begun) * 1e6) / count)
  if (report.status !== "whole" || report.records !== count) fail(`the journal came back ${report.status}`)
  begun = performance.now()
  const { records } = readJournal(directory)
  note("read as words", ((performance.now() - begun) * 1e6) / count)
  if (JSON.stringify(records.at(-2)) !== JSON.stringify(recorded.words.at(-2)))
    fail("a record came back another")
  begun = performance.now()
  const { verdict } = replayJournal(directory)
  note("replay", ((performance.now() - begun) * 1e6) / count)
  if (verdict !== "identical") fail(`the replay was ${verdict}`)
  note("engine, decisions only, no sink", ((await tune([], false)) * 1e9) / DIGESTS)
  note("engine, digests, no sink", ((await tune([], true)) * 1e9) / DIGESTS)
  note(
    "engine, digests, journal",
    ((await tune([await Effect.runPromise(openJournal(place("engine")))], true)) * 1e9) / DIGESTS,
  )
  const input = recorded.exact[0]
  const bytes = new Uint8Array(80)
  begun = performance.now()
  for (let i = 0; i < 100_000; i++) {
    bytes[0] = i
    hash("sha256", bytes, "buffer")
  }
  note("one SHA-256 of 80 bytes (floor of the chain)", ((performance.now() - begun) * 1e6) / 100_000)
  if (input.length !== 12 + KNOBS) fail("a record has another width")
}

const bytesByKind = (): ReadonlyArray<readonly [string, number, number]> => {
  // A journal of each kind alone would break its numbering: the length of a frame is what its record adds.
  const file = readFileSync(
    join(directory, readdirSync(directory).find((name) => name.startsWith("journal-")) ?? ""),
  )
  const sums = new Map<string, [number, number]>()
  let at = 8
  let first = true
  for (let i = 0; at < file.length; ) {
    const size = 16 + file.readUInt32LE(at + 12)
    if (!first && i < count) {
      const { kind } = recorded.words[i++]
      const sum = sums.get(kind) ?? [0, 0]
      sums.set(kind, [sum[0] + 1, sum[1] + size])
    }
    first = false
    at += size
  }
  return [...sums].map(([kind, [records, bytes]]) => [kind, records, bytes / records])
}

const zstdBytes = zstdCompressSync(readFileSync(join(directory, "journal-00000001.arqj"))).length
const result = {
  records: count,
  knobs: KNOBS,
  nanoseconds: Object.fromEntries(
    Object.entries(ns).map(([name, values]) => [name, Math.round(median(values))]),
  ),
  bytesPerRecord: {
    journal: journalBytes / count,
    journalZstd: zstdBytes / count,
    jsonLines: jsonBytes / count,
  },
  kinds: bytesByKind(),
}
rmSync(folder, { recursive: true })

if (json) console.log(JSON.stringify(result, null, 2))
else {
  console.log(`${count} records of a run of ${KNOBS} knobs; median of ${ROUNDS} rounds\n`)
  console.log("| | ns | per second |\n|---|---|---|")
  for (const [name, value] of Object.entries(result.nanoseconds)) {
    console.log(`| ${name} | ${value} | ${Math.round(1e9 / value).toLocaleString("en")} |`)
  }
  const { journal, journalZstd, jsonLines } = result.bytesPerRecord
  console.log(
    `\nBytes a record: journal ${journal.toFixed(1)}, compressed ${journalZstd.toFixed(1)}, JSON lines ${jsonLines.toFixed(1)}`,
  )
  for (const [kind, records, bytes] of result.kinds)
    console.log(`  ${kind}: ${records} records of ${bytes.toFixed(1)} bytes`)
}
