/**
 * What the demo says before its view and after it: the plan, the verdict, what disturbed it, and a summary that a person can
 * paste. Pure: the same measurements give the same lines.
 */
import type { Comparison, Outcome, Side } from "./comparison.ts"
import { knobNames, type KnobValues } from "./knobs.ts"
import type { DemoOptions } from "./options.ts"
import type { TuningResult } from "./protocol.ts"
import { blank, type Line, number, span, type Tone } from "./view.ts"

/** The machine as the demo finds it. */
export interface Machine {
  /** Processes that want to run, over the last minute; 0 on Windows, which does not count them. */
  readonly loadAverage: number
  readonly cores: number
  readonly node: string
  readonly platform: string
}

const STEPS: ReadonlyArray<readonly [name: string, what: string]> = [
  ["1 warm up", "a service and 64 callers start, and are measured once as they are"],
  ["2 tune", "an engine inside the service moves three knobs; half way more callers come"],
  ["3 prove", "pairs of windows decide whether the service stays tuned"],
  ["4 compare", "before and after are measured by turns, and the better one stays"],
]

/** What is going to happen, before anything does. */
export const plan = (options: DemoOptions, machine: Machine): ReadonlyArray<Line> => [
  [
    span("Arqon tunes a live HTTP service", "title"),
    span(`  ${options.seconds} seconds, nothing leaves this machine, Ctrl-C ends it`, "dim"),
  ],
  ...STEPS.map(([name, what]): Line => [span(name.padEnd(11), "strong"), span(what)]),
  ...(machine.loadAverage > machine.cores
    ? [
        [
          span(
            `Other work has this machine (load average ${number(machine.loadAverage)} on ${machine.cores} cores): the outcome may be its noise.`,
            "warn",
          ),
        ] as Line,
      ]
    : []),
]

const sideCells = (name: string, side: Side): ReadonlyArray<string> => [
  name,
  number(side.costMs),
  number(side.latencyMs),
  number(side.p99Ms),
  number(side.ageMs),
  number(side.perSecond),
  String(side.refused + side.errors),
]

const WIDTHS = [10, 10, 10, 10, 10, 12, 9]
const row = (cells: ReadonlyArray<string>, tone: Tone): Line => [
  span(cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(""), tone),
]

const percent = (ratio: number): string => {
  const change = (ratio - 1) * 100
  return `${Math.abs(change).toFixed(0)} % ${change <= 0 ? "less" : "more"}`
}

const TONES: { readonly [outcome in Outcome]: Tone } = {
  better: "good",
  unchanged: "plain",
  undecided: "warn",
  worse: "bad",
}

/** Where the service stays, and why. */
const SENTENCES: { readonly [outcome in Outcome]: string } = {
  better: "Every pair of blocks says so: the service keeps the tuned configuration.",
  unchanged: "The engine found nothing that it could prove to be better, and left the service as it was.",
  undecided:
    "The pairs of blocks contradict each other: this machine is too noisy to tell, and the service is back at its start.",
  worse: "Every pair of blocks says that it is worse: the service is back at its start.",
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** What is said when the engine is asked to stop. */
export const stopText = (pairs: number): string =>
  `engine asked to stop; ${counted(pairs, "pair of windows says", "pairs of windows say")} where the service stays`

/** Where the engine stopped, and why. */
export const proofText = (proof: TuningResult["proof"]): string => {
  if (proof === null) return "engine stopped where it began; comparing with the start"
  const { verdict, pairs, differenceMs } = proof
  const found = `${counted(pairs, "pair", "pairs")}, ${differenceMs === null ? "-" : differenceMs.toFixed(2)} ms`
  const where = verdict === "pass" ? "on its base" : "on its baseline"
  return `engine stopped ${where} (${found} against the baseline); comparing with the start`
}

/** What the engine did while it tuned, in numbers. */
export const countsText = (
  { applies, refused, safeModeEntries }: Pick<TuningResult, "applies" | "refused" | "safeModeEntries">,
  outOfBounds: number,
): string =>
  [
    counted(applies, "apply", "applies"),
    `${refused} refused`,
    `${counted(safeModeEntries, "time", "times")} in SafeMode`,
    `${counted(outOfBounds, "reading", "readings")} out of bounds`,
  ].join(", ")

/** What the engine found by itself: against its baseline while it tuned, and in the proof before its stop. */
export const ownWord = ({ comparison, proof }: Pick<TuningResult, "comparison" | "proof">): string => {
  const { pass, fail, hold } = comparison ?? { pass: 0, fail: 0, hold: 0 }
  const compared = `${counted(pass + fail + hold, "comparison", "comparisons")} with its baseline`
  const tuning =
    fail > 0
      ? `rolled back ${fail === 1 ? "once" : `${fail} times`} in ${compared}`
      : `${pass > 0 ? "no worse" : "undecided"} in ${compared}`
  if (proof === null) return `${tuning}; nothing to prove at its stop`
  const { verdict, pairs, differenceMs } = proof
  const by = differenceMs === null ? "" : ` by ${number(Math.abs(differenceMs))} ms`
  const stop = { pass: `better${by}`, fail: "not better", hold: "undecided" }[verdict] ?? verdict
  return `${tuning}; ${stop} in ${pairs} more before its stop`
}

/** The table at the end, the ratio with its spread, what the engine itself found, and what became of the service. */
export const verdict = (comparison: Comparison, outcome: Outcome, word: string): ReadonlyArray<Line> => {
  const { ratio, pairRatios } = comparison
  const spread = pairRatios.map((pair) => pair.toFixed(2)).join(", ")
  return [
    [span("Before and after, measured by the callers in alternating blocks (A B A B A B)", "title")],
    blank,
    row(["", "cost ms", "wait ms", "p99 ms", "age ms", "answers/s", "failed"], "dim"),
    row(sideCells("A before", comparison.start), "warn"),
    row(sideCells("B after", comparison.tuned), "live"),
    blank,
    [
      span("after / before  ", "strong"),
      span(ratio.toFixed(3), TONES[outcome]),
      span(`  (${percent(ratio)} cost per answer; block by block ${spread})`, "dim"),
    ],
    [span("engine          ", "strong"), span(word, "dim")],
    [span(SENTENCES[outcome], TONES[outcome])],
  ]
}

/** Load average over cores from which on the demo's own work, at most three busy processes, is the smaller part. */
const CROWDED = 3
/** Largest over smallest of three readings of one configuration, above which the machine is called noisy. */
const NOISY = 1.3

/** A warning below the verdict where other work had the machine: it says as much of that as of the tuning. None elsewhere. */
export const disturbance = (machine: Machine, unrest: number): ReadonlyArray<Line> => {
  const crowded = machine.loadAverage >= CROWDED * machine.cores
  if (!crowded && unrest < NOISY) return []
  const found = crowded
    ? `load average ${machine.loadAverage.toFixed(0)} on ${machine.cores} cores`
    : `its three readings of one configuration differ by ${((unrest - 1) * 100).toFixed(0)} %`
  return [[span(`Other work had this machine (${found}): run it again when it is quiet.`, "warn")]]
}

const HEADLINES: { readonly [outcome in Outcome]: (change: string) => string } = {
  better: (change) => change,
  unchanged: () => "left as it was",
  undecided: () => "too noisy to tell, left as it was",
  worse: (change) => `${change}, taken back`,
}

/** What somebody else needs to see: the outcome, the knobs, the machine, and how to repeat it. */
export const summary = (
  comparison: Comparison,
  outcome: Outcome,
  options: DemoOptions,
  machine: Machine,
  knobs: { readonly start: KnobValues; readonly tuned: KnobValues },
  engine: { readonly counts: string; readonly word: string },
): ReadonlyArray<Line> => {
  const { start, tuned, pairRatios } = comparison
  const blocks = `blocks ${pairRatios.map((pair) => pair.toFixed(2)).join(", ")}`
  const after = outcome === "unchanged" ? "" : ` -> ${number(tuned.costMs)}`
  const moves = knobNames.map(
    (name) => `${name} ${number(knobs.start[name])} -> ${number(knobs.tuned[name])}`,
  )
  return [
    [span("To paste", "title")],
    ...[
      `arqon demo: ${number(start.costMs)}${after} ms per answer, ${HEADLINES[outcome](percent(comparison.ratio))} (${blocks})`,
      `knobs: ${moves.join(", ")}`,
      `engine: ${engine.counts}`,
      `engine's own verdict: ${engine.word}`,
      `machine: ${machine.cores} cores, load average ${number(machine.loadAverage)}, Node ${machine.node}, ${machine.platform}`,
      `again: npx arqon demo --seed ${options.seed} --seconds ${options.seconds}${options.loadChange ? "" : " --no-load-change"}`,
    ].map((text): Line => [span(`  ${text}`)]),
  ]
}
