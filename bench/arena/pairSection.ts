/** The 33 pairs of plant and noise, the tasks, the queue and the regain of a shift: the rule beside its competitors. */
import { atLeast, atMost, type Bar, cell, type Section, table } from "./print.ts"
import { regainLate, type Score, score, type Seeds } from "./score.ts"
import { ablations, tuners } from "./tuners.ts"

/** What the default rule must reach in the short form. */
function barsOf(s: Score): ReadonlyArray<Bar> {
  return [
    atLeast("T1 mean", s.t1.mean, -0.04),
    atLeast("T1 last 200", s.t1.last200, -0.002),
    atLeast("T2 mean", s.t2.mean, -0.045),
    atLeast("T2 last 200", s.t2.last200, -0.016),
    atMost("refused applies", s.refused, 0),
    atMost("SafeMode entries under noise alone", s.trips, 0),
    ...s.queue.map((value, i) => atLeast(`queue load ${i + 1}`, value, 0.97)),
    ...s.regain.map(({ noise, median }) =>
      atMost(`regain at ${100 * noise} % noise`, median, noise > 0.05 ? 30 : 15),
    ),
  ]
}

/** Cycles that a shift may take to be regained, by noise. */
const REGAIN: Readonly<Record<string, number>> = { "0": 10, "0.05": 13, "0.2": 21 }

/** What it must reach in the long form. */
function fullBarsOf(s: Score, lost: number, late: number): ReadonlyArray<Bar> {
  const valley = s.byPair.find(({ plant, noise }) => plant === "valley-2" && noise === 0.05)
  return [
    atMost("33 pairs", s.geometricMean, 0.055),
    atMost("pairs lost by more than a tenth", lost, 0),
    atLeast("T1 mean", s.t1.mean, -0.027),
    atLeast("T2 mean", s.t2.mean, -0.017),
    ...s.queue.map((value, i) => atLeast(`queue load ${i + 1}`, value, 0.99)),
    ...s.regain.map(({ noise, median }) =>
      atMost(`regain at ${100 * noise} % noise, cycles`, median, REGAIN[String(noise)]),
    ),
    atMost("regain after 3,000 cycles at 20 % noise, readings", late, 105),
    ...(valley === undefined ? [] : [atMost("valley at 5 % noise", valley.loss, 0.1)]),
    atMost("refused applies", s.refused, 0),
    atMost("SafeMode entries under noise alone", s.trips, 0),
  ]
}

const HEAD = [
  "",
  "33 pairs, geometric mean",
  "T1 mean, last 200",
  "T2 mean, last 200",
  "queue, three loads",
  "regain 0 / 5 / 20 %",
]

const summary = (scores: ReadonlyArray<Score>): string =>
  table(
    HEAD,
    scores.map((s) => [
      s.name,
      cell(s.geometricMean, 4),
      `${cell(s.t1.mean, 4)}, ${cell(s.t1.last200, 4)}`,
      `${cell(s.t2.mean, 4)}, ${cell(s.t2.last200, 4)}`,
      s.queue.map((x) => cell(x, 3)).join(" "),
      s.regain.map(({ median }) => cell(median, 0)).join(" / "),
    ]),
  )

const everyPair = (scores: ReadonlyArray<Score>): string =>
  table(
    ["plant", "noise", ...scores.map(({ name }) => name)],
    scores[0].byPair.map(({ plant, noise }, i) => [
      plant,
      `${100 * noise} %`,
      ...scores.map(({ byPair }) => cell(byPair[i].loss, 4)),
    ]),
  )

const without = (whole: Score, taken: ReadonlyArray<Score>): string =>
  table(
    ["without", "factor", "T1 mean", "T2 mean, last 200", "queue", "regain"],
    taken.map((s) => [
      s.name,
      cell(s.geometricMean / whole.geometricMean, 2),
      cell(s.t1.mean, 4),
      `${cell(s.t2.mean, 4)}, ${cell(s.t2.last200, 4)}`,
      s.queue.map((x) => cell(x, 3)).join(" "),
      s.regain.map(({ median }) => cell(median, 0)).join(" / "),
    ]),
  )

/** Pairs in which a competitor does better by more than a tenth. */
function lostPairs([own, ...others]: ReadonlyArray<Score>): ReadonlyArray<string> {
  return own.byPair.flatMap(({ plant, noise, loss }, i) => {
    const best = others.toSorted((a, b) => a.byPair[i].loss - b.byPair[i].loss)[0]
    const factor = loss / best.byPair[i].loss
    return factor > 1.1 ? [`- ${plant}, ${100 * noise} % noise: ${best.name}, x${factor.toFixed(2)}`] : []
  })
}

export interface PairOptions {
  readonly seeds: Seeds
  readonly full: boolean
  /** Print every pair. */
  readonly pairs: boolean
  readonly ablations: boolean
}

export function pairSection({ seeds, full, pairs, ablations: withAblations }: PairOptions): Section & {
  readonly data: { readonly scores: ReadonlyArray<Score>; readonly ablations: ReadonlyArray<Score> }
} {
  const scores = tuners.map((tuner) => score(tuner, seeds))
  const taken = withAblations ? ablations.map((tuner) => score(tuner, seeds)) : []
  const lost = lostPairs(scores)
  const text = [
    `33 plant and noise pairs, ${seeds.pairs} seeds each; T1, T2 and regain ${seeds.tasks} seeds, queue ${seeds.queue}.`,
    summary(scores),
    ...(pairs ? ["Mean normalised loss by pair:", everyPair(scores)] : []),
    ...(lost.length > 0 ? [`Lost by more than a tenth:\n${lost.join("\n")}`] : []),
    ...(withAblations
      ? [
          "One part taken out at a time (factor on the geometric mean; above 1 the part helps):",
          without(scores[0], taken),
        ]
      : []),
  ].join("\n\n")
  const bars = full
    ? fullBarsOf(scores[0], lost.length, regainLate(tuners[0], 0.2, seeds.queue))
    : barsOf(scores[0])
  return { name: "pairs", text, bars, data: { scores, ablations: taken } }
}
