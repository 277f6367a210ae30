/**
 * The gates as pure functions of numbers. Each stands on the way out of a state, and passes, holds or fails: a number that is missing
 * holds, one that is NaN or infinite fails, and a hold past its deadline fails. A verdict carries every number with its bounds.
 */
import type { Check, Figures, Finding, Verdict } from "../contracts/Host.ts"
import { gainOf, gainOver, type Evidence } from "./evidence.ts"
import type { GraftingOptions, JudgedState } from "./options.ts"
import type { GraftState, LifeRow } from "./transitions.ts"

export type Checks = Readonly<Partial<Record<GraftState, ReadonlyArray<Check>>>>

const exactly = (figure: string, value: number, outside: Check["outside"]): Check => ({
  figure,
  min: value,
  max: value,
  outside,
})
const atMost = (figure: string, max: number, outside: Check["outside"]): Check => ({ figure, max, outside })
const atLeast = (figure: string, min: number, outside: Check["outside"]): Check => ({ figure, min, outside })

/** What culls a live graft at once, whatever its gate says. */
export const ISOLATION: ReadonlyArray<Check> = [exactly("finite", 1, "fail"), atMost("violations", 0, "fail")]

/** The demands on a neural graft, by the state that they lead out of. */
function neuralChecks({ G0, G1, G2, G3, G4 }: GraftingOptions): Checks {
  return {
    dormant: [
      exactly("available", 1, "fail"),
      exactly("inBounds", 1, "fail"),
      atMost("arenaShare", G0.arenaShare, "fail"),
      exactly("quarantineFinite", 1, "fail"),
      exactly("quarantineShape", 1, "fail"),
      atMost("quarantineMs", G0.quarantineMs, "fail"),
      atMost("identityError", G0.identityError, "fail"),
    ],
    germinated: [exactly("ready", 1, "hold")],
    training: [
      ...ISOLATION,
      atMost("gradientNorm", G1.norm, "hold"),
      atMost("clippedShare", G1.clippedShare, "hold"),
      atLeast("gain", G1.gain, "hold"),
      atLeast("running", G1.running, "hold"),
    ],
    blending: [
      ...ISOLATION,
      atLeast("gain", -G2.worse, "fail"),
      atLeast("held", G2.held, "hold"),
      atMost("flips", G2.flips, "hold"),
      atMost("boundaryP95Ms", G2.boundaryMs, "hold"),
    ],
    shadowing: [
      ...ISOLATION,
      exactly("resumeEqual", 1, "fail"),
      atLeast("gain", G3.gain, "hold"),
      atLeast("gained", G3.gained, "hold"),
      atLeast("running", G3.running, "hold"),
      atMost("drift", G3.drift, "hold"),
      { figure: "scale", min: G3.scaleLeast, max: G3.scaleMost, outside: "hold" },
    ],
    probationary: [
      ...ISOLATION,
      atLeast("change", -G4.worse, "fail"),
      atMost("panics", 0, "fail"),
      atLeast("meanGain", G4.gain, "hold"),
      atLeast("meanGained", G4.gained, "hold"),
      atMost("seniors", 0, "hold"),
    ],
    resetting: [
      exactly("sliceWords", 0, "hold"),
      exactly("registryEntries", 0, "hold"),
      exactly("counters", 0, "hold"),
      exactly("cached", 0, "hold"),
    ],
  }
}

/** Made once per set of options: they are the same at every boundary. */
const made = new WeakMap<GraftingOptions, Checks>()

/** Every demand on the way out of a state: the host's own where it has some, and what holds for all hosts. */
export function checksOf(
  { state, operation }: LifeRow,
  options: GraftingOptions,
  own: Checks | null,
): ReadonlyArray<Check> {
  let neural = made.get(options)
  if (neural === undefined) made.set(options, (neural = neuralChecks(options)))
  const isAsked = state === "probationary" || (options.advance === "commands" && operation !== null)
  const least = options.stays[state as JudgedState]?.least ?? 0
  return [
    ...(own?.[state] ?? neural[state] ?? []),
    ...(least > 0 ? [atLeast("stay", least, "hold")] : []),
    ...(isAsked && state !== "dormant" ? [atLeast("asked", 1, "hold")] : []),
  ]
}

/** What the gates read beside the figures of this boundary. */
export interface Standing {
  readonly evidence: Evidence
  /** The command for the way on has been given. */
  readonly asked: boolean
  /** Held-out loss of the host alone when the probation began. */
  readonly reference: number | null
  /** Grafts that have been on probation for longer: the snapshot of one covers those after it. */
  readonly seniors: number
}

/** Figures and what follows from them, by the names that checks use. */
export function numbersOf(figures: Figures, { evidence, asked, reference, seniors }: Standing): Figures {
  const { lossWith, lossWithout } = figures
  const { losses, lossSum } = evidence
  const mean = losses === 0 ? undefined : lossSum / losses
  const compare = (loss: number | undefined, how: (loss: number, than: number) => number) =>
    loss === undefined || reference === null ? undefined : how(loss, reference)
  const difference = (loss: number, than: number): number => than - loss
  return {
    ...figures,
    gain: gainOf(figures),
    gained: lossWith === undefined || lossWithout === undefined ? undefined : lossWithout - lossWith,
    stay: evidence.stay,
    running: evidence.running,
    held: evidence.held,
    // Nothing that counts has changed: steady.
    flips: evidence.changes === 0 ? 0 : evidence.flips / evidence.changes,
    change: compare(lossWith, gainOver),
    meanGain: compare(mean, gainOver),
    meanGained: compare(mean, difference),
    panics: figures["panics"] === undefined ? undefined : evidence.panics,
    asked: asked ? 1 : 0,
    seniors,
  }
}

function found(check: Check, numbers: Figures): Finding {
  const { figure, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, outside } = check
  const value = numbers[figure]
  if (value === undefined) return { ...check, value: null, answer: "hold" }
  if (!Number.isFinite(value)) return { ...check, value, answer: "fail" }
  return { ...check, value, answer: value >= min && value <= max ? "pass" : outside }
}

/** What a gate says of these numbers, after so many boundaries of at most so many. */
export function judge(
  gate: Verdict["gate"],
  checks: ReadonlyArray<Check>,
  numbers: Figures,
  waited: number,
  most: number | null,
): Verdict {
  const findings = checks.map((check) => found(check, numbers))
  const has = (answer: Finding["answer"]): boolean => findings.some((one) => one.answer === answer)
  const answer = has("fail") ? "fail" : has("hold") ? "hold" : "pass"
  const overdue = answer === "hold" && most !== null && waited >= most
  return { gate, answer: overdue ? "fail" : answer, findings, waited, most, overdue }
}

/** The numbers for which a gate does not pass, in words. */
export function reasonsOf({ findings, answer, overdue, waited }: Verdict): string {
  const wrong = findings.filter((one) => one.answer === (answer === "fail" && !overdue ? "fail" : "hold"))
  const text = wrong.map(({ figure, value, min, max, note }) => {
    const bound = [min === undefined ? "" : `at least ${min}`, max === undefined ? "" : `at most ${max}`]
    const wanted = min === max ? `${min}` : bound.filter((part) => part !== "").join(" and ")
    const found = value === null ? "missing" : Number(value.toPrecision(6))
    return `${figure} is ${found}, must be ${wanted}${note === undefined ? "" : ` (${note})`}`
  })
  return `${overdue ? `${waited} boundaries are over: ` : ""}${text.join("; ")}`
}

/** It waited too long for this one number, and was good enough in all else. */
export function failedBy(verdict: Verdict | null, figure: string): boolean {
  const wrong = verdict?.findings.filter(({ answer }) => answer !== "pass") ?? []
  return wrong.length === 1 && wrong[0].figure === figure && wrong[0].answer === "hold"
}
