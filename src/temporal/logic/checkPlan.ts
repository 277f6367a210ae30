/**
 * Tries a plan on a model before it is carried out: whether a rule would hold, and by how much. What holds on a model is not
 * proved for the plant; the text of the verdict says so.
 */
import { ConfigError } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import { numberThat, object, optional, whole } from "../../domain/Shape.ts"
import { chacha8Block } from "../../hot/ChaCha8.ts"
import { keyOf } from "../key.ts"
import { readOptions } from "../readOptions.ts"
import type { Formula } from "./formula.ts"
import { FormulaMonitor } from "./FormulaMonitor.ts"
import type { Witness } from "./Part.ts"

/** Values by the names of channels or knobs. */
export type Named = Readonly<Record<string, number>>

/** What a plan is tried on. */
export interface PlanOptions {
  /**
   * The digest that follows one, once the knobs are where the plan puts them. `disturbance` is from -1 to 1, whatever it means to
   * the model. A channel that is left out or NaN is unknown.
   */
  readonly model: (digest: Named, knobs: Named, disturbance: number) => Named
  /** The last digest before the plan. */
  readonly start: Named
  /** The knobs at each digest of the plan. */
  readonly plan: ReadonlyArray<Named>
  /** Time from digest to digest, microseconds. Default 1 s. */
  readonly everyUs?: number | undefined
  /** How often the plan is tried: undisturbed, then with the disturbance at 1 and at -1 throughout, then at random. Default 1. */
  readonly runs?: number | undefined
  /** Of the random disturbances. Default 0. */
  readonly seed?: number | undefined
}

/** What the model says of a plan. */
export interface PlanVerdict {
  /** Unknown where readings that the model does not give could decide. */
  readonly verdict: "holds" | "fails" | "unknown"
  /** The least robustness over all digests of the plan and all runs, in the unit of the channel that decides. */
  readonly margin: number
  /** The run that it comes from, counted from 0, and the predicate and digest of the plan that decide it. */
  readonly run: number
  readonly witness: Witness
  /** The verdict as a sentence. */
  readonly text: string
}

const numbers = object({
  everyUs: optional(numberThat("a finite number above 0", (n) => Number.isFinite(n) && n > 0)),
  runs: optional(whole(1, 10_000)),
  seed: optional(whole(0, Number.MAX_SAFE_INTEGER)),
})

/**
 * Tries `plan` and judges `rule` at each of its digests. What the rule asks of digests after the last one is not asked.
 * Throws a ConfigError for options that cannot be used and for a rule over names that neither the model nor the plan has.
 */
export function checkPlan(rule: Formula, { model, start, plan, ...rest }: PlanOptions): PlanVerdict {
  const { everyUs = 1e6, runs = 1, seed = 0 } = readOptions(numbers, rest)
  const knobs = Object.keys(plan[0] ?? {})
  refuse(start, plan, knobs)
  const channels = Object.keys(start).filter((name) => !knobs.includes(name))
  const monitor = new FormulaMonitor(
    rule,
    { channels: [...channels, ...knobs], mostDigests: plan.length },
    true,
  )
  const key = keyOf(seed)
  const block = new Uint32Array(16)
  const [worst, best] = (["lo", "hi"] as const).map((side) => new Least(monitor, side))
  for (let at = 0; at < runs; at++) {
    monitor.clear()
    let digest = start
    for (const [i, move] of plan.entries()) {
      chacha8Block(key, i, 0, at, 0, block)
      const random = at > 2 ? block[0] / 2 ** 31 - 1 : [0, 1, -1][at]
      digest = model(digest, move, random)
      monitor.observe(
        [...channels.map((name) => digest[name] ?? Number.NaN), ...knobs.map((name) => move[name])],
        i * everyUs,
      )
    }
    monitor.finish()
    for (let i = 0; i < plan.length; i++) {
      worst.look(at, i)
      best.look(at, i)
    }
  }
  const verdict = best.margin < 0 ? "fails" : worst.margin >= 0 ? "holds" : "unknown"
  const { margin, run, witness } = verdict === "fails" ? best : worst
  return { verdict, margin, run, witness, text: textOf(verdict, margin, witness, plan.length) }
}

/** The least of the lower or of the upper bounds, over digests and runs. */
class Least {
  margin = Number.NaN
  run = 0
  witness: Witness = { text: "", index: -1, robustness: Number.NaN }

  private readonly monitor: FormulaMonitor
  private readonly side: "lo" | "hi"

  constructor(monitor: FormulaMonitor, side: "lo" | "hi") {
    this.monitor = monitor
    this.side = side
  }

  look(run: number, index: number): void {
    const margin = this.monitor.verdictAt(index)[this.side]
    if (margin >= this.margin) return
    this.margin = margin
    this.run = run
    this.witness = this.monitor.witness(index, this.side)
  }
}

function textOf(
  verdict: PlanVerdict["verdict"],
  margin: number,
  { text, index }: Witness,
  digests: number,
): string {
  const over = `on this model over ${digests} digests`
  if (verdict === "unknown") return `Unknown ${over}: the model leaves out a reading that the rule needs.`
  const decides = `"${text}" at digest ${index} decides`
  return verdict === "holds"
    ? `Holds ${over} with margin ${margin}; ${decides}. A model is not the plant.`
    : `Fails ${over} by ${-margin}; ${decides}.`
}

function refuse(start: Named, plan: ReadonlyArray<Named>, knobs: ReadonlyArray<string>): void {
  const bad = (named: Named): ReadonlyArray<string> =>
    knobs
      .filter((name) => !Number.isFinite(named[name]))
      .concat(Object.keys(named).filter((name) => !knobs.includes(name)))
  const place = plan.findIndex((move) => bad(move).length > 0)
  const problems = [
    ...(knobs.length === 0
      ? [
          problem(
            ["plan"],
            "has no knob to move.",
            "Give at least one digest with the value of at least one knob.",
          ),
        ]
      : []),
    ...(place < 0
      ? []
      : [
          problem(
            ["plan", place],
            `must give a finite number for each of ${knobs.map(show).join(", ")} and nothing else: see ${show(bad(plan[place])[0])}.`,
            "Name the same knobs at every digest of a plan.",
          ),
        ]),
    ...(Object.keys(start).length === 0
      ? [problem(["start"], "has no channel.", "Give the last digest before the plan.")]
      : []),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
}
