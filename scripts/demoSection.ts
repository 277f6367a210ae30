/** The section of docs/benchmarks.md on `npm run cluster`: the demo with several seeds, a runner and a replica killed on the way of each. */
import { table } from "./table.ts"

/** What one run of the demo printed with --json, as far as the page shows it. */
export interface DemoRun {
  readonly seed: number
  /** Mean cost on the tuned values by that of the start. */
  readonly ratio: number
  readonly outOfBounds: number
  readonly staleTaken: number
}

/** @param seconds how long each run took */
export const demoSection = (seconds: number, runs: ReadonlyArray<DemoRun>): string => {
  const good = runs.filter(
    ({ ratio, outOfBounds, staleTaken }) => ratio < 0.8 && outOfBounds + staleTaken === 0,
  )
  return `## Six replicas, killed on the way
\`npm run cluster -- --seconds ${seconds} --seed N --json\`: six replicas of an HTTP service behind a balancer, tuned by [one engine](reference/cluster.md) while a runner and a replica are killed.

${table(
  ["seed", "ratio", "values out of bounds", "older values taken"],
  runs.map(({ seed, ratio, outOfBounds, staleTaken }) => [
    String(seed),
    ratio.toFixed(3),
    String(outOfBounds),
    String(staleTaken),
  ]),
)}

The ratio is the cost with the tuned values by the cost with the first ones. Asked for: below 0.8, and none of the other two. ${good.length} of ${runs.length} seeds have it. Callers wait in real time: where other programs want the same cores, that waiting is in both costs and draws the ratio to 1.
`
}
