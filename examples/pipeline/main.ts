/**
 * An Express search over SQLite in which four rewrites try to take the incumbent's place: a good index, one that is wrong for one word in
 * five hundred, one that leaks and slows down, and one that throws as soon as two callers meet. autocannon calls at half and at nine
 * tenths of what the service can answer, and the gates decide. It prints where each ended and why, in which states callers got a wrong
 * answer, and what callers waited beside a run without growth. Needs Node 22.13 or later for `node:sqlite`, and `npm install express
 * autocannon`. It takes about ten minutes.
 *
 * Run: npm run example pipeline
 */
import { openCatalogue } from "./catalogue.ts"
import { runTrial, type Trial, type TrialOptions } from "./trial.ts"

const ROWS = 5_000
const CONNECTIONS = 16

const trial = async (
  candidate: TrialOptions["candidate"],
  rate: number | null,
  mostMs: number,
): Promise<Trial> => {
  const catalogue = openCatalogue(ROWS)
  try {
    return await runTrial({
      catalogue,
      candidate,
      connections: CONNECTIONS,
      rate,
      windowMs: 100,
      compared: 8_000,
      probationCalls: 2_000,
      mostMs,
    })
  } finally {
    catalogue.close()
  }
}
const ms = (value: number): string => `${value.toFixed(2)} ms`

const { load: most } = await trial(null, null, 5_000)
console.log(`capacity: ${Math.round(most.perSecond)} requests a second`)
for (const share of [0.5, 0.9]) {
  const rate = Math.round(share * most.perSecond)
  console.log(`\nat ${share} of it, ${rate} a second`)
  for (const candidate of ["index", "folded", "leak", "transaction"] as const) {
    const { load: before } = await trial(null, rate, 10_000)
    const { states, cause, incumbent, calls, wrong, load } = await trial(candidate, rate, 120_000)
    const { load: after } = await trial(null, rate, 10_000)
    console.log(`${candidate}: ${states.join(", ")}`)
    console.log(`  ${cause ?? "no gate failed"}; ${incumbent} answers; ${calls} calls`)
    console.log(`  wrong answers by state: ${JSON.stringify(wrong)}`)
    const ratio = (2 * load.p99) / (before.p99 + after.p99)
    console.log(
      `  p99 ${ms(load.p99)}; without growth ${ms(before.p99)} before, ${ms(after.p99)} after: ${ratio.toFixed(2)} times`,
    )
  }
}
