/**
 * What the rule costs where there is nothing to gain: it starts exactly at the optimum, and every move is a loss. In percent of the
 * level, which is 1 where the start of the pairs would be 2; of the utility on the queues.
 */
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import type { SpsaSettings } from "../../src/hot/spsaSettings.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { kink, optimumOf, quadratic } from "../../src/testing/plants.ts"
import { bestLimit, limitKnob, type Load, LOADS, queuePlant } from "../../src/testing/queue.ts"
import { meanOf, simulate } from "../../src/testing/simulate.ts"
import { FIRST_SEED } from "./memorySection.ts"
import { noiseOf, normalised, SHARES } from "./pairs.ts"
import { atMost, type Bar, type Section, table } from "./print.ts"

const READINGS = 1_200

interface HarmCase {
  readonly name: string
  readonly plant: Plant
  readonly level: number
  /** Bars at 5 and 20 % noise, in percent. */
  readonly goal?: readonly [number, number]
}

function atOptimum(plant: Plant, knobs: number): Plant {
  const from = normalised(plant)
  return {
    ...from,
    start: Array.from({ length: knobs }, (_, i) => optimumOf(i)),
    loss: (unit, atUs) => 1 + from.loss(unit, atUs),
    best: () => 1,
  }
}

function queueAtBest(load: Load): HarmCase {
  const { limit, utility } = bestLimit(load)
  const plant = queuePlant([load], Number.MAX_SAFE_INTEGER)
  const start = [new KnobTable([limitKnob]).encode(0, limit)]
  const name = `queue at K* = ${limit}`
  return {
    name,
    plant: { ...plant, start },
    level: utility,
    ...(limit === 4 ? { goal: [0.5, 1] as const } : {}),
  }
}

const cases: ReadonlyArray<HarmCase> = [
  { name: "quadratic, 1 knob", plant: atOptimum(quadratic(1), 1), level: 1 },
  { name: "quadratic, 4 knobs", plant: atOptimum(quadratic(4), 4), level: 1, goal: [0.5, 1] },
  { name: "quadratic, 16 knobs", plant: atOptimum(quadratic(16), 16), level: 1, goal: [1, 2] },
  { name: "kink, 4 knobs", plant: atOptimum(kink(4), 4), level: 1, goal: [2, 2] },
  ...LOADS.map(queueAtBest),
]

/** Paid in excess of never moving, in percent of the level: mean over the seeds, and the worst of them. */
function harm(
  { plant, level }: HarmCase,
  share: number,
  seeds: number,
  settings: Partial<SpsaSettings>,
  guard: boolean,
) {
  const least = plant.loss(Float64Array.from(plant.start), 0)
  const losses = Array.from({ length: seeds }, (_, i) => {
    const noise = noiseOf(share)
    const policy = GUARDRAILS.balanced
    const run = simulate({ plant, noise, readings: READINGS, policy, settings, guard }, FIRST_SEED + i)
    return (100 * (meanOf(run.losses) - least)) / level
  })
  return { mean: meanOf(losses), worst: Math.max(...losses) }
}

export interface HarmOptions {
  readonly seeds: number
  readonly ablations: boolean
  readonly isWanted: (name: string) => boolean
}

export function harmSection({ seeds, ablations, isWanted }: HarmOptions): Section | null {
  const wanted = cases.filter(({ name }) => isWanted(name))
  if (wanted.length === 0) return null
  const ways = [
    { name: "this rule", settings: {}, guard: true },
    ...(ablations
      ? [
          { name: "guard off", settings: {}, guard: false },
          { name: "prove off", settings: { prove: false }, guard: true },
          { name: "both off", settings: { prove: false }, guard: false },
        ]
      : []),
  ]
  const rows = wanted.map((one) => ({
    name: one.name,
    goal: one.goal,
    ways: ways.map(({ name, settings, guard }) => ({
      name,
      harm: SHARES.map((share) => harm(one, share, seeds, settings, guard)),
    })),
  }))
  const text = [
    `Harm from the optimum, in percent, ${READINGS / 2} cycles, ${seeds} seeds: mean (worst run) at noise 0 / 5 / 20 %.`,
    table(
      ["", ...ways.map(({ name }) => name)],
      rows.map((row) => [
        row.name,
        ...row.ways.map(({ harm: seen }) =>
          seen.map(({ mean, worst }) => `${mean.toFixed(2)} (${worst.toFixed(1)})`).join(" / "),
        ),
      ]),
    ),
  ].join("\n\n")
  const bars: ReadonlyArray<Bar> = rows.flatMap(({ name, goal, ways: [own] }) =>
    goal === undefined
      ? []
      : goal.map((most, i) =>
          atMost(`harm, ${name}, ${100 * SHARES[i + 1]} % noise`, own.harm[i + 1].mean, most),
        ),
  )
  return { name: "harm", text, bars, data: rows }
}
