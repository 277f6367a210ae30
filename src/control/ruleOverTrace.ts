/**
 * Runs a rule over digests that were recorded, as an engine would have watched it: needed before a rule is put in force. It needs no
 * engine: digests in, what became of the rule out.
 */
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { MAX_EXTRAS } from "../domain/Units.ts"
import { DIGEST_RECEIVED_US, DIGEST_TIMESTAMP_US, DIGEST_WIDTH } from "../hot/codes.ts"
import { emptyDigest, writeDigest } from "../hot/writeDigest.ts"
import { RULE_HOLDS, RULE_UNKNOWNS, RULE_VIOLATED, RuleMonitor } from "./RuleMonitor.ts"
import { requireRules } from "./ruleBook.ts"
import { witnessText } from "./ruleTexts.ts"

/** A digest that was recorded, with what was live then. */
export interface TracedDigest {
  readonly atUs: number
  /** Channels by name; those that no digest has by itself are extra channels. */
  readonly channels: Readonly<Record<string, number>>
  readonly knobs: Readonly<Record<string, number>>
}

/** A stretch of digests at which a rule is violated. */
export interface RuleBreak {
  readonly fromUs: number
  toUs: number
  digests: number
  /** The worst robustness in it, and what decided then. */
  margin: number
  text: string
}

export interface RuleReport {
  readonly rule: string
  /** `unknown`: not violated, and not at one digest known to hold. */
  readonly verdict: "holds" | "violated" | "unknown"
  readonly digests: number
  /** Digests that could not be judged. */
  readonly unknown: number
  /** The least robustness; null where none is known. */
  readonly margin: number | null
  readonly violations: ReadonlyArray<RuleBreak>
}

const KNOWN = ["objective", "latencyP99Us", "throughputRps", "errorRate", "constraintMargin"]

/** Throws a ConfigError for a rule that is none over such digests. */
export function ruleOverTrace(rule: unknown, trace: ReadonlyArray<TracedDigest>): RuleReport {
  const names = (of: (one: TracedDigest) => object): ReadonlyArray<string> => [
    ...new Set(trace.flatMap((one) => Object.keys(of(one)))),
  ]
  const extras = names(({ channels }) => channels).filter((name) => !KNOWN.includes(name))
  if (extras.length > MAX_EXTRAS)
    throw new ConfigError({
      problems: [problem(["trace"], `has more than ${MAX_EXTRAS} extra channels: ${extras.join(", ")}.`)],
    })
  const knobs = names((one) => one.knobs)
  const anywhere = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }
  const space = { names: knobs, knobs: knobs.map(() => anywhere) }
  const [checked] = requireRules([rule], { extras, space })
  const monitor = new RuleMonitor(checked, Number.POSITIVE_INFINITY)
  const block = new Float64Array(DIGEST_WIDTH)
  const violations: Array<RuleBreak> = []
  let open: RuleBreak | null = null
  let margin = Number.POSITIVE_INFINITY
  let held = false
  let live: TracedDigest["knobs"] = {}
  const reader = { value: (knob: number): number => live[knobs[knob]] ?? Number.NaN }
  let last = Number.NEGATIVE_INFINITY
  for (const { atUs, channels, knobs: values } of trace) {
    last = Math.max(last, atUs)
    live = values
    emptyDigest(block, 0)
    const own = Object.fromEntries(Object.entries(channels).filter(([name]) => KNOWN.includes(name)))
    const rest = Object.fromEntries(Object.entries(channels).filter(([name]) => !KNOWN.includes(name)))
    writeDigest(block, { ...own, extras: rest }, extras)
    block[DIGEST_TIMESTAMP_US] = last
    block[DIGEST_RECEIVED_US] = last
    monitor.observe(block, reader)
    const { status } = monitor
    const now = monitor.margin
    if (now !== null) margin = Math.min(margin, now)
    if (status === RULE_HOLDS) {
      held = true
      open = null
    } else if (status === RULE_VIOLATED) {
      const witness = monitor.witness()
      const worst = now ?? Number.NEGATIVE_INFINITY
      if (open === null) {
        open = { fromUs: last, toUs: last, digests: 0, margin: Number.POSITIVE_INFINITY, text: "" }
        violations.push(open)
      }
      open.toUs = last
      open.digests++
      if (worst < open.margin) {
        open.margin = worst
        open.text = witness === null ? "" : witnessText(witness)
      }
    }
  }
  return {
    rule: checked.name,
    verdict: violations.length > 0 ? "violated" : held ? "holds" : "unknown",
    digests: trace.length,
    unknown: monitor.cells[RULE_UNKNOWNS],
    margin: Number.isFinite(margin) ? margin : null,
    violations,
  }
}
