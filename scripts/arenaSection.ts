/** The section of docs/benchmarks.md on the tuning rule, from what `bench/arena` prints with --json. */
import { table } from "./table.ts"

interface Score {
  readonly name: string
  readonly geometricMean: number
  readonly t1: { readonly mean: number; readonly last200: number }
  readonly t2: { readonly mean: number; readonly last200: number }
  readonly queue: ReadonlyArray<number>
  readonly regain: ReadonlyArray<{ readonly median: number | null }>
  readonly byPair: ReadonlyArray<{ readonly plant: string; readonly noise: number; readonly loss: number }>
}

interface Bar {
  readonly name: string
  readonly value: number
  readonly bar: number
  readonly atLeast: boolean
  readonly holds: boolean
}

/** What a run printed. */
export interface ArenaRun {
  readonly scores: ReadonlyArray<Score>
  readonly bars: ReadonlyArray<Bar>
}

const pair = ({ mean, last200 }: { readonly mean: number; readonly last200: number }): string =>
  `${mean.toFixed(4)}, ${last200.toFixed(4)}`

/** The section, losses included. */
export function arenaSection(arena: ArenaRun): string {
  const arenaTable = table(
    [
      "",
      "33 pairs",
      "T1 mean, last 200",
      "T2 mean, last 200",
      "queue, three loads",
      "regain, 0 / 5 / 20 % noise",
    ],
    arena.scores.map(({ name, geometricMean, t1, t2, queue, regain }) => [
      name,
      geometricMean.toFixed(4),
      pair(t1),
      pair(t2),
      queue.map((share) => share.toFixed(3)).join(" "),
      regain.map((one) => one.median ?? "never").join(" / "),
    ]),
  )

  const barTable = table(
    ["", "reached", "bar", ""],
    arena.bars.map(({ name, value, bar, atLeast, holds }) => [
      name,
      String(Number(value.toPrecision(4))),
      `${atLeast ? "at least" : "at most"} ${bar}`,
      holds ? "holds" : "**missed**",
    ]),
  )

  const [ours, ...others] = arena.scores
  const lost = ours.byPair.flatMap((row, i) => {
    const better = others.filter(({ byPair }) => byPair[i].loss < row.loss)
    return better.length === 0
      ? []
      : [
          [
            row.plant,
            `${100 * row.noise} %`,
            row.loss.toFixed(4),
            better.map((one) => `${one.name} ${one.byPair[i].loss.toFixed(4)}`).join(", "),
          ],
        ]
  })

  return `## The tuning rule
\`npm run bench:arena\` (under a minute, the same on every machine). Geometric mean of cumulative true loss over 33 plant and noise
pairs (lower is better), SelfTune's tasks T1 and T2 (higher is better), share of the best utility on three M/M/c/K loads in turn, cycles to regain
90 % of a 20 % shift. All go through Tier 1 with the balanced guardrails, with one setting each. [The tuning rule](explanation/tuning-rule.md) explains the columns.

${arenaTable}

${barTable}

### Where others win
The ${lost.length} of 33 pairs on which another rule loses less than the default:

${table(["plant", "noise", "ours", "better"], lost)}

`
}
