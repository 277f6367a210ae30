/**
 * Runs the peers of the solver over every row and seed and records what they reach in bench/peers/recorded.json, going on
 * where it was interrupted. `node bench/peers/main.ts --help` tells the options.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { readOptions, whole } from "../../scripts/options.ts"
import { BUDGET, fingerprintOf, rows, SEEDS } from "../solver/rows.ts"
import { mixedFingerprint, MIXED_SEEDS } from "../mixed/studies.ts"
import { recordMixed } from "../mixed/optuna.ts"
import { findPython, makeEnvironment } from "./environment.ts"
import { type PeerName, peerNames, PeerProcess } from "./PeerProcess.ts"
import { type Figures, readRecord, rounded, writeRecord } from "./record.ts"

const HELP = `Runs the solver's peers over every row and seed and records what they reach in bench/peers/recorded.json.

USAGE
  npm run bench:peers -- [--install] [--again] [--python PATH] [--seeds N]

  --install       Only make the Python environment they need (bench/peers/.venv)
  --again         Record anew although the record fits
  --python PATH   The Python of an environment that has them already
  --seeds N       Seeds of every row (default ${SEEDS})

A full run takes about 20 minutes of one core, nearly all of it Optuna's, and goes on where it was interrupted. Where Python
is missing it says so and ends well.
`

const options = readOptions(HELP, {
  install: { type: "boolean", default: false },
  again: { type: "boolean", default: false },
  python: { type: "string", default: "" },
  seeds: { type: "string", default: String(SEEDS) },
})
const seeds = whole("seeds", options.seeds)

/** What has been done already, one study a line, so that an interrupted run loses nothing. */
const fingerprint = fingerprintOf(BUDGET)
const folder = new URL(".partial/", import.meta.url)
const partial = new URL(`${fingerprint}.jsonl`, folder)

async function record(python: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const done = new Map<string, number>()
  if (existsSync(partial)) {
    for (const line of readFileSync(partial, "utf8").split("\n")) {
      // The last line may have been cut by whatever ended the run.
      if (!line.endsWith("]")) continue
      const [key, value] = JSON.parse(line) as [string, number]
      done.set(key, value)
    }
    appendFileSync(partial, "\n")
  }
  const process_ = new PeerProcess(python)
  const versions = await process_.versions
  const figures: Record<PeerName, Figures> = { optunaTpe: {}, nelderMeadMultistart: {}, bobyqaMultistart: {} }
  const total = peerNames.length * rows.length * seeds
  let count = 0
  // The cheap peers first: their figures are there after minutes.
  for (const peer of peerNames.toReversed()) {
    for (const row of rows) {
      const values: Array<number> = []
      for (let seed = 0; seed < seeds; seed++) {
        const key = `${peer} ${row.name} ${seed}`
        let value = done.get(key)
        if (value === undefined) {
          value = rounded(await process_.study(peer, row.instance(seed), seed, BUDGET))
          appendFileSync(partial, `${JSON.stringify([key, value])}\n`)
        }
        values.push(value)
        count++
      }
      figures[peer][row.name] = values
      process.stderr.write(`\r${count} of ${total} studies, ${peer} ${row.name}`.padEnd(78))
    }
  }
  process.stderr.write("\n")
  process_.close()
  const mixed = readRecord()?.mixed
  writeRecord({
    fingerprint,
    budget: BUDGET,
    seeds,
    versions,
    figures,
    ...(mixed === undefined ? {} : { mixed }),
  })
  rmSync(folder, { recursive: true })
  console.log(`recorded ${total} studies: ${JSON.stringify(versions)}`)
}

const kept = readRecord()
const fits = kept !== null && kept.fingerprint === fingerprint && kept.seeds >= seeds && !options.again

let python = findPython(options.python)
if (python === null) {
  const problem = makeEnvironment()
  if (problem === null) python = findPython()
  else console.log(`skipped: ${problem}`)
}
if (python !== null) {
  if (options.install) console.log(`ready: ${python}`)
  else if (fits) console.log("bench/peers/recorded.json fits the instances; --again records it anew")
  else await record(python)
  if (!options.install) {
    const kept = readRecord()
    if (kept === null) console.log("the spaces with choices are recorded beside the rows: record those first")
    else if (kept.mixed?.fingerprint === mixedFingerprint() && !options.again)
      console.log("the record fits the spaces with choices; --again records it anew")
    else writeRecord({ ...kept, mixed: await recordMixed(python, MIXED_SEEDS) })
  }
}
