/**
 * What choosing among variants costs: regret a reading against an oracle that knows the best arm at every moment, as a share of
 * the gap between best and worst. Over many seeds: median, the tenth and the ninetieth percentile, and how often a policy lost
 * more than epsilon-greedy did on the same noise.
 */
import { noiseAt } from "../../src/testing/noise.ts"
import { quantileOf } from "../../src/testing/simulate.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { type Arms, tables } from "./arms.ts"
import { type Policy, policies } from "./policies.ts"

const HELP = `Measures what choosing among variants costs, beside other policies.

USAGE
  npm run bench:variants -- [--seeds N] [--readings N]

  --seeds N      Runs of each table, with one seed after another (default 50)
  --readings N   Readings of a short run; the long ones have ten times as many (default 1000)
`

const values = readOptions(HELP, {
  seeds: { type: "string", default: "50" },
  readings: { type: "string", default: "1000" },
})
const seeds = whole("seeds", values.seeds)
const readings = whole("readings", values.readings)

/** Mean regret a reading, in units of the loss. */
function regretOf(arms: Arms, policy: Policy, seed: number, count: number): number {
  const { names, noise, loss } = arms
  // Far apart: the noise of neighbouring seeds is one sequence in another order.
  const world = seed * 1_048_576
  const player = policy.make(names, world)
  let regret = 0
  for (let reading = 0; reading < count; reading++) {
    const share = reading / count
    const losses = names.map((_, i) => loss(i, share))
    const arm = player.choose()
    regret += losses[arm] - Math.min(...losses)
    player.learn(arm, losses[arm] + noiseAt(noise, world + 524_288, reading))
  }
  return regret / count
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8)

console.log(`Regret a reading, share of the gap between best and worst; ${seeds} seeds.\n`)
for (const arms of tables) {
  const losses = arms.names.map((_, i) => arms.loss(i, 0))
  const gap = Math.max(...losses) - Math.min(...losses) || 1
  for (const count of [readings, 10 * readings]) {
    console.log(`${arms.title}; ${count} readings`)
    console.log(
      "| policy | median | 10 % | 90 % | lost more than epsilon-greedy 0.1 |\n|---|---|---|---|---|",
    )
    const rows = policies.map(({ title, ...policy }) =>
      Array.from({ length: seeds }, (_, seed) => regretOf(arms, { title, ...policy }, seed, count) / gap),
    )
    policies.forEach(({ title }, i) => {
      const [median, low, high] = [0.5, 0.1, 0.9].map((q) => percent(quantileOf(rows[i], q)))
      const lost = rows[i].filter((regret, seed) => regret > rows[1][seed]).length
      console.log(`| ${title} | ${median} | ${low} | ${high} | ${lost} of ${seeds} |`)
    })
    console.log("")
  }
}
