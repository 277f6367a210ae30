/** What written rules cost: a deep formula over a recorded trace, and four rules on the way of every digest. */
import { RuleMonitor } from "../../src/control/RuleMonitor.ts"
import { requireRules } from "../../src/control/ruleBook.ts"
import {
  DIGEST_LATENCY_P99_US,
  DIGEST_RECEIVED_US,
  DIGEST_TIMESTAMP_US,
  DIGEST_WIDTH,
} from "../../src/hot/codes.ts"
import { parseFormula, robustness } from "../../src/temporal/index.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import type { Row, Section } from "../../scripts/section.ts"

const STATES = 200
const DEEP =
  "always[0,10](eventually[0,5]((x > 0) until[0,8] (always[0,3](not (once[0,4](x < -1) and historically[0,6](x < 2))))))"
const RULES = [
  "always[0,60s](p99 < 200ms)",
  "err > 2% -> eventually[0,20](err < 1%)",
  "concurrency > 200 -> once[0,60s](rps > 500)",
  "p99 < 100ms since[0,100] rps > 10",
]
const DIGESTS = 20_000

const rounded = (x: number): number => Math.round(x * 1_000) / 1_000

/** Median over many runs, milliseconds. */
function deepMs(): number {
  const formula = parseFormula(DEEP, { channels: { x: "number" } })
  const rows = Array.from({ length: STATES }, (_, t) => [gaussianAt(5, t)])
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now()
    robustness(formula, { channels: ["x"], rows })
    return performance.now() - start
  }).toSorted((a, b) => a - b)
  return times[100]
}

/** Least mean time of a digest over five rounds, microseconds. */
function digestUs(texts: ReadonlyArray<string>): number {
  const space = { names: ["concurrency"], knobs: [{ min: 1, max: 256 }] }
  const digest = new Float64Array(DIGEST_WIDTH).fill(0.015)
  const knobs = { value: () => 210 }
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const monitors = requireRules(texts, { extras: [], space }).map((rule) => new RuleMonitor(rule, 1e6))
    const start = performance.now()
    for (let i = 0; i < DIGESTS; i++) {
      digest[DIGEST_TIMESTAMP_US] = i * 100_000
      digest[DIGEST_RECEIVED_US] = i * 100_000
      digest[DIGEST_LATENCY_P99_US] = 150_000 + (i % 97) * 100
      for (const monitor of monitors) monitor.observe(digest, knobs)
    }
    least = Math.min(least, ((performance.now() - start) / DIGESTS) * 1_000)
  }
  return least
}

export const rulesSection: Section = {
  name: "rules",
  title: "Written rules",
  measure: () => {
    const rows: ReadonlyArray<Row> = [
      { what: `a formula of depth 6 over ${STATES} states`, value: rounded(deepMs()), unit: "ms", most: 1 },
      { what: "a digest with one rule", value: rounded(digestUs(RULES.slice(0, 1))), unit: "us", most: 5 },
      { what: "a digest with four rules", value: rounded(digestUs(RULES)), unit: "us", most: 30 },
    ]
    return Promise.resolve(rows)
  },
}
