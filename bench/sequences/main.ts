/** Random sequences of telemetry and commands, the commands from inside every callback too. `--help` tells the options. */
import { readOptions, whole } from "../../scripts/options.ts"
import { sequence } from "./sequence.ts"

const HELP = `Drives engines through random sequences and looks at what comes out: bounds, grid and step of every move, the order of
generations, SafeMode open from the moment trip() has returned until somebody asks for a reset, one order of records for sinks and
listeners, every command carried out or refused by the time it returns, and the same run again from its record.

USAGE
  npm run sequences -- [--count N] [--from N] [--trace]

  --count N   How many (default 1000, about a minute)
  --from N    Number of the first; --from N --count 1 repeats one (default 0)
  --trace     Prints the steps of each

Prints one line of JSON for each sequence in which something did not hold, and one with the totals; every thousandth sequence says on
standard error how far the run is. The exit code is 1 where something did not hold.
`

const values = readOptions(HELP, {
  count: { type: "string", default: "1000" },
  from: { type: "string", default: "0" },
  trace: { type: "boolean", default: false },
})
const count = whole("count", values.count)
const from = whole("from", values.from, 0)

/** Sequences between two lines that say how far the run is. */
const PROGRESS = 1000

const began = performance.now()
const sinceSeconds = (): number => Math.round((performance.now() - began) / 1000)
const commands: Record<string, number> = {}
let [failed, records, inside, refused, replayed] = [0, 0, 0, 0, 0]
for (let seed = from; seed < from + count; seed++) {
  const verdict = await sequence(seed, values.trace)
  for (const [name, times] of Object.entries(verdict.commands)) commands[name] = (commands[name] ?? 0) + times
  records += verdict.records
  inside += verdict.inside
  refused += verdict.refused
  if (verdict.replayed) replayed++
  if (verdict.breaches.length > 0) failed++
  if (verdict.breaches.length > 0 || values.trace) {
    console.log(
      JSON.stringify({ seed, breaches: verdict.breaches, ...(values.trace && { steps: verdict.trace }) }),
    )
  }
  const done = seed + 1 - from
  if (done % PROGRESS === 0) console.error(`${done} of ${count}, ${failed} failed, ${sinceSeconds()} s`)
}
const seconds = sinceSeconds()
console.log(
  JSON.stringify({ sequences: count, failed, replayed, records, commands, inside, refused, seconds }),
)
process.exitCode = failed === 0 ? 0 : 1
