/**
 * `npm run bench:resume`: how long an engine takes to find out where the last one left
 * the plant, by the size of the journal; beside it, what checking all of that journal takes. Fails when what is found is
 * not what was written last.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type AuditRecord, type AuditSink, createEngine } from "arqon"
import { lastStanding, openJournal, verifyJournal } from "arqon/node"
import * as Effect from "effect/Effect"
import { readOptions, whole } from "../../scripts/options.ts"

const HELP = `Measures how long an engine takes to find in its journal where the last one left the plant.

USAGE
  npm run bench:resume -- [--megabytes N]

  --megabytes N   Size of the largest journal (default 500)
`

const values = readOptions(HELP, { megabytes: { type: "string", default: "500" } })
const SIZES = [1, 16, 100, whole("megabytes", values.megabytes)]
const KNOBS = 16
const DIGESTS = 20_000
const ROUNDS = 5
const BATCH = 256

const params = Object.fromEntries(Array.from({ length: KNOBS }, (_, i) => [`k${i}`, { min: 0, max: 10 }]))
const words: Array<AuditRecord> = []
const exact: Array<Float64Array> = []
const recorder: AuditSink = {
  name: "recorder",
  exact: true,
  write: () => Effect.void,
  writeNow: (batch, numbers = []) => {
    words.push(...batch)
    exact.push(...numbers)
    return null
  },
  close: Effect.void,
}
const engine = createEngine({
  params,
  seed: 42,
  clock: "manual",
  audit: { digests: true, memory: 1 },
  sinks: [recorder],
})
await engine.start()
for (let i = 0; i < DIGESTS; i++) {
  const timestampUs = (i + 1) * 20_000
  engine.tick(timestampUs)
  engine.observe({
    objective: Object.values(engine.values).reduce((sum, x) => sum + (x - 7) ** 2, 0),
    timestampUs,
  })
}
// Cut short: no stop.
const { baseline } = engine.getSnapshot()

const folder = mkdtempSync(join(tmpdir(), "arqon-bench-resume-"))
const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]
const timed = (work: () => void, rounds: number): number =>
  median(
    Array.from({ length: rounds }, () => {
      const begun = performance.now()
      work()
      return performance.now() - begun
    }),
  )

console.log(
  "| journal | segments | where was it left | `createEngine` with `state` | check all of it |\n|---|---|---|---|---|",
)
try {
  for (const megabytes of SIZES) {
    const directory = join(folder, String(megabytes))
    const sink = await Effect.runPromise(openJournal(directory, { sync: "never", compress: "none" }))
    let seq = 0
    let bytes = 0
    do {
      for (let at = 0; at < words.length; at += BATCH) {
        const numbers = exact.slice(at, at + BATCH)
        for (const one of numbers) one[0] = ++seq
        await Effect.runPromise(sink.write(words.slice(at, at + BATCH), numbers))
      }
      bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    } while (bytes < megabytes * 1e6)
    // As a kill leaves it: neither sealed nor closed. The lock is this process's own and is not asked for reading.
    const found = lastStanding(directory)
    if (JSON.stringify(found?.baseline) !== JSON.stringify(baseline)) throw new Error("it was left elsewhere")
    const left = timed(() => lastStanding(directory), ROUNDS)
    const made = timed(() => createEngine({ params, clock: "manual", state: directory }), ROUNDS)
    const all = timed(() => verifyJournal(directory), 1)
    const segments = readdirSync(directory).filter((name) => name.endsWith(".arqj")).length
    console.log(
      `| ${(bytes / 1e6).toFixed(0)} MB | ${segments} | ${left.toFixed(0)} ms | ${made.toFixed(0)} ms | ${all.toFixed(0)} ms |`,
    )
    await Effect.runPromise(sink.close)
    rmSync(directory, { recursive: true })
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(0)
