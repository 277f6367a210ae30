/**
 * The fault-injection suite: real processes with a real engine and a real state directory, each sabotaged in one way, and
 * judged by its journal and by the plant's own record. `node bench/faults/main.ts --help` tells the options.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { noContainers } from "../../test/platform/node/container.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { PROPERTIES } from "./check.ts"
import { chosen, type Row, runSuite } from "./suite.ts"

const HELP = `Injects faults into running engines and checks what they leave behind.

USAGE
  npm run faults -- [--only NAME]... [--seed N] [--short] [--at-most N] [--jobs N] [--json] [--list]

  --only NAME   Only faults whose name contains this; may be given again
  --seed N      First seed; repetition i of every fault has seed N + i (default 1)
  --short       The form that CI runs
  --at-most N   At most so many repetitions of each fault
  --jobs N      Repetitions at once (default 2)
  --json        Print the figures as JSON
  --list        Print the faults and do nothing

After each fault: the last good configuration within one settle time; no acknowledged record lost; nothing out of bounds
or beyond a budget; replay identical; and the engine goes on. The exit code is 1 when any of it did not hold.
What a repetition with findings left behind is kept, and told. It again: --only NAME --seed SEED --at-most 1. What the machine's timing makes of it may differ.
`

const values = readOptions(HELP, {
  only: { type: "string", multiple: true, default: [] },
  seed: { type: "string", default: "1" },
  short: { type: "boolean", default: false },
  "at-most": { type: "string", default: "1000000" },
  jobs: { type: "string", default: "2" },
  json: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
})

const COLUMNS = ["last good", "none lost", "bounds", "replay", "goes on"]
const cells = (texts: ReadonlyArray<string>): string =>
  texts.map((text, i) => (i === 0 ? text.padEnd(27) : text.padStart(11))).join("")

function line({ name, repetitions, places, broken, worstOffGoodUs, worstWellAfterMs, trips }: Row): string {
  const verdicts = PROPERTIES.map((property) =>
    broken[property] === 0 ? "held" : `${broken[property]} broken`,
  )
  const off = `${(worstOffGoodUs / 1000).toFixed(1)} ms`
  const well = worstWellAfterMs === null ? "-" : `${Math.round(worstWellAfterMs)} ms`
  const why = Object.entries(trips).map(([reason, count]) => `${reason} ${count}`)
  const times = places === 0 ? String(repetitions) : `${repetitions} x ${places / repetitions}`
  return `${cells([name, times, ...verdicts, off, well])}  ${why.join(", ")}`.trimEnd()
}

async function main(): Promise<number> {
  const found = chosen(values.only)
  if (found.length === 0) {
    console.error(`No fault's name contains ${values.only.join(" or ")}. See --list.`)
    return 2
  }
  if (values.list) {
    for (const { name, what, long, short } of found)
      console.log(`${name.padEnd(27)}${long}/${short}  ${what}`)
    return 0
  }
  const stop = new AbortController()
  process.once("SIGINT", () => {
    process.stderr.write("\nEnds after what is under way; once more to end at once.\n")
    stop.abort()
  })
  const folder = mkdtempSync(join(tmpdir(), "arqon-faults-"))
  const shows = process.stderr.isTTY
  const startedMs = performance.now()
  const rows = await runSuite({
    form: values.short ? "short" : "long",
    only: values.only,
    seed: whole("seed", values.seed, 0),
    atMost: whole("at-most", values["at-most"]),
    jobs: whole("jobs", values.jobs),
    folder,
    signal: stop.signal,
    progress: (done, all, name) => {
      if (shows) process.stderr.write(`\r\x1b[K${done} of ${all}  ${name}`)
    },
  })
  if (shows) process.stderr.write("\r\x1b[K")
  const seconds = (performance.now() - startedMs) / 1000
  const findings = rows.flatMap((row) => row.findings.map((finding) => ({ name: row.name, ...finding })))
  if (values.json) console.log(JSON.stringify({ seconds, rows }))
  else {
    console.log(cells(["fault", "times", ...COLUMNS, "off good", "well after"]) + "  trips")
    for (const row of rows) if (row.repetitions > 0) console.log(line(row))
    const times = rows.reduce((sum, { repetitions }) => sum + repetitions, 0)
    console.log(
      `${times} repetitions of ${rows.length} faults in ${seconds.toFixed(0)} s, ${findings.length} findings.`,
    )
    if (noContainers !== null && found.some(({ kind }) => kind === "twoContainers"))
      console.log(`Two containers were two processes: no namespaces can be made here (${noContainers}).`)
    for (const { name, seed, property, what, folder: kept } of findings.slice(0, 40)) {
      console.log(`  ${name}, seed ${seed}, ${property}: ${what}\n    ${kept}`)
    }
  }
  if (findings.length === 0) rmSync(folder, { recursive: true })
  return findings.length > 0 || stop.signal.aborted ? 1 : 0
}

process.exitCode = await main()
