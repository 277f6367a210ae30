/**
 * Rules over time beside `rtamt`: the same robustness on random formulas and traces, offline and digest by digest, and the time of a
 * step, in one run on one machine. The peer lives in a Python environment that it makes.
 */
import { spawnSync } from "node:child_process"
import * as make from "../../src/temporal/logic/formula.ts"
import {
  type Formula,
  formulaText,
  FormulaMonitor,
  parseFormula,
  robustness,
} from "../../src/temporal/index.ts"
import { uniformAt } from "../../src/testing/noise.ts"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { peerPython } from "./environment.ts"

const HELP = `Compares rules over time with rtamt: robustness offline and online, and time per step.

USAGE
  node bench/temporalPeers/rules.ts [--python PATH] [--formulas N]

  --python PATH   A Python with the packages of requirements.txt (default: an environment beside it, made when first needed)
  --formulas N    Random formulas, with ten traces each (default 1500)
`

const values = readOptions(HELP, {
  python: { type: "string", default: "" },
  formulas: { type: "string", default: "1500" },
})
const interpreter = peerPython(values.python)
const formulas = whole("formulas", values.formulas)

const TRACES = 10
const DIGESTS = 24
const channels = ["a", "b"]

let drawn = 0
const draw = (n: number): number => Math.floor(uniformAt(16, drawn++) * n)

/** A formula at random, and the digests that it looks ahead. */
function anyFormula(depth: number): { readonly formula: Formula; readonly ahead: number } {
  if (depth === 0 || draw(6) === 0) {
    const one = make.channel(channels[draw(2)])
    return { formula: draw(2) === 0 ? one.above(draw(9)) : one.below(draw(9)), ahead: 0 }
  }
  const left = anyFormula(depth - 1)
  const right = anyFormula(depth - 1)
  const from = draw(3)
  const to = from + draw(4)
  const both = Math.max(left.ahead, right.ahead)
  switch (draw(9)) {
    case 0:
      return { formula: make.not(left.formula), ahead: left.ahead }
    case 1:
      return { formula: make.and(left.formula, right.formula), ahead: both }
    case 2:
      return { formula: make.or(left.formula, right.formula), ahead: both }
    case 3:
      return { formula: make.always(left.formula, [from, to]), ahead: left.ahead + to }
    case 4:
      return { formula: make.eventually(left.formula, [from, to]), ahead: left.ahead + to }
    case 5:
      return { formula: make.until(left.formula, right.formula, [from, to]), ahead: both + to }
    case 6:
      return { formula: make.once(left.formula, [from, to]), ahead: left.ahead }
    case 7:
      return { formula: make.historically(left.formula, [from, to]), ahead: left.ahead }
    default:
      return { formula: make.since(left.formula, right.formula, [from, to]), ahead: both }
  }
}

const cases = Array.from({ length: formulas }, () => {
  const { formula, ahead } = anyFormula(3)
  const traces = Array.from({ length: TRACES }, () =>
    Array.from({ length: DIGESTS }, () => [draw(201) / 20, draw(201) / 20]),
  )
  return { formula, ahead, traces }
})
const TIMED = "always[0,20] ((a > 9) -> (eventually[0,10] (b < 5)))"
const steps = Array.from({ length: 2_000 }, (_, i) => [10 * uniformAt(17, i), 10 * uniformAt(18, i)])

interface Answer {
  readonly offline: ReadonlyArray<ReadonlyArray<ReadonlyArray<number | string>>>
  readonly online: ReadonlyArray<ReadonlyArray<ReadonlyArray<number | string>>>
  readonly us: number
  readonly version: string
}
const asked = spawnSync(interpreter, [new URL("rules.py", import.meta.url).pathname], {
  input: `${JSON.stringify({
    cases: cases.map(({ formula, traces }) => ({ text: formulaText(formula), traces })),
    timed: { text: TIMED, steps },
  })}\n`,
  encoding: "utf8",
  maxBuffer: 2 ** 28,
})
if (asked.status !== 0)
  refuse(`${interpreter} could not run the peer: ${asked.stderr.trim().split("\n").at(-1) ?? ""}`)
const peer = JSON.parse(asked.stdout) as Answer

/** Infinite numbers come as words. Values are on a grid of a twentieth, and sums of two of them: 1e-9 is exact. */
const same = (own: number, other: number | string): boolean =>
  own === Number(other) || Math.abs(own - Number(other)) < 1e-9

interface Compared {
  pairs: number
  differ: number
}
const offline: Compared = { pairs: 0, differ: 0 }
const online: Compared = { pairs: 0, differ: 0 }
/** The peer's own two answers, beside each other: where it contradicts itself, there is nothing to agree with. */
const itself: Compared = { pairs: 0, differ: 0 }
const count = (to: Compared, equal: boolean): void => {
  to.pairs++
  if (!equal) to.differ++
}
for (const [i, { formula, ahead, traces }] of cases.entries())
  for (const [j, rows] of traces.entries()) {
    const { lo, hi } = robustness(formula, { channels, rows })
    count(
      offline,
      rows.every((_, at) => lo[at] === hi[at] && same(lo[at], peer.offline[i][j][at])),
    )
    const monitor = new FormulaMonitor(formula, { channels })
    let equal = true
    let agrees = true
    for (const [at, row] of rows.entries()) {
      monitor.observe(row, at * 1e6)
      // The peer's value at a digest is that of as many digests before as the formula looks ahead.
      if (at < ahead) continue
      equal &&= same(monitor.verdictAt(at - ahead).lo, peer.online[i][j][at])
      agrees &&= same(Number(peer.offline[i][j][at - ahead]), peer.online[i][j][at])
    }
    count(itself, agrees)
    if (agrees) count(online, equal)
  }

const units = { a: "number", b: "number" } as const
const timed = new FormulaMonitor(parseFormula(TIMED, { channels: units }), { channels })
let at = 0
let least = Number.POSITIVE_INFINITY
for (let round = 0; round < 20; round++) {
  const start = performance.now()
  for (const row of steps) timed.observe(row, at++ * 1e6)
  least = Math.min(least, ((performance.now() - start) / steps.length) * 1_000)
}

console.log(`rtamt ${peer.version}, Node ${process.versions.node}\n`)
console.log("| | pairs of formula and trace | of them differ |\n|---|---|---|")
const line = (what: string, { pairs, differ }: Compared): void =>
  console.log(`| ${what} | ${pairs.toLocaleString("en")} | ${differ.toLocaleString("en")} |`)
line("offline", offline)
line("digest by digest, where rtamt agrees with itself", online)
line("rtamt: offline against digest by digest", itself)
console.log("\n| a step of | ours, us | rtamt's, us | ratio |\n|---|---|---|---|")
console.log(
  `| \`${TIMED}\` | ${least.toFixed(2)} | ${peer.us.toFixed(1)} | ${(peer.us / least).toFixed(0)} |`,
)
if (offline.differ + online.differ > 0) {
  console.error("Some pairs differ.")
  process.exitCode = 1
}
