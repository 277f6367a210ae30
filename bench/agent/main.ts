/** A million short lives of the whole agent against plants that do their worst. `--help` tells the options. */
import { setImmediate } from "node:timers/promises"
import { readOptions, whole } from "../../scripts/options.ts"
import { agentRun } from "./agentRun.ts"
import { startWatchdog } from "./watchdog.ts"

const HELP = `Runs engines with all temporal parts on against plants that do their worst within what was assumed of them, and counts what
of the safety promises did not hold: no move of the tuner breaks a rule with a shield; a violated rule is answered within its digest;
nothing is applied in SafeMode; bounds, grid and step of every move; gains of the meta level within their clamp; no analysis late; the
plant left on its base; every fiftieth run again from its record, byte for byte.

USAGE
  npm run agents -- [--runs N] [--from N] [--limit S] [--without-shield]

  --runs N           How many (default 1000, some seconds)
  --from N           Number of the first; --from N --runs 1 repeats one (default 0)
  --limit S          Seconds of processor time that one run may take; a longer one is printed and ends all (default 30)
  --without-shield   Leaves the shield out, to see that breaches are noticed

Prints one line of JSON for each run in which something did not hold, and one with the totals; every thousandth run says on standard
error how far it is. The exit code is 1 where something did not hold.
`

const values = readOptions(HELP, {
  runs: { type: "string", default: "1000" },
  from: { type: "string", default: "0" },
  limit: { type: "string", default: "30" },
  "without-shield": { type: "boolean", default: false },
})
const runs = whole("runs", values.runs)
const from = whole("from", values.from, 0)
const begins = startWatchdog(whole("limit", values.limit))

/** Runs between two lines that say how far it is. */
const PROGRESS = 1_000
/** Runs between two turns of the event loop. */
const TURN = 20

const began = performance.now()
const sinceSeconds = (): number => Math.round((performance.now() - began) / 1_000)
const totals = { digests: 0, records: 0, applies: 0, clipped: 0, violated: 0, openings: 0, replayed: 0 }
let failed = 0
for (let seed = from; seed < from + runs; seed++) {
  begins(seed)
  const { breaches, replayed, ...counts } = await agentRun(seed, !values["without-shield"])
  totals.digests += counts.digests
  totals.records += counts.records
  totals.applies += counts.applies
  totals.clipped += counts.clipped
  totals.violated += counts.violated
  totals.openings += counts.openings
  if (replayed) totals.replayed++
  if (breaches.length > 0) {
    failed++
    console.log(JSON.stringify({ seed, breaches }))
  }
  const done = seed + 1 - from
  // Without a turn of the event loop what an engine leaves behind is never let go of.
  if (done % TURN === 0) await setImmediate()
  if (done % PROGRESS !== 0) continue
  // Numbers outside the heap do not hurry the collector.
  globalThis.gc?.()
  console.error(`${done} of ${runs}, ${failed} failed, ${sinceSeconds()} s`)
}
console.log(JSON.stringify({ runs, failed, ...totals, seconds: sinceSeconds() }))
process.exitCode = failed === 0 ? 0 : 1
