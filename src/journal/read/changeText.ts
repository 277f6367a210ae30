/** Why a knob changed, in words for a person: see `whyChanged`. */
import { READ, WHAT } from "../../domain/changeWords.ts"
import { lineOfRecord } from "../../domain/recordTexts.ts"
import { spanText } from "../../domain/spanText.ts"
import { readResumption } from "../../domain/Resumption.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { plainText } from "../../system/plainText.ts"
import { timeText } from "./readJournal.ts"
import { isLearnt } from "./causes.ts"
import type { KnobChange } from "./KnobChange.ts"

type Change = Omit<KnobChange, "text">

/** A step to a known place is an update to Tier 1, and no move of the base by what was measured around it. */
function whatFor({ action, causes, base, left, proposal, windows }: Change): string {
  const step = causes.find(({ kind }) => kind === "relocation")
  if (step !== undefined) {
    const where = step.action === "variant" ? "to try another variant" : "to a place where it was good before"
    return `because the base moved ${where}`
  }
  if (action === "update" && base.from !== null && base.from === base.to)
    return "because both sides of the base were measured, and it stayed"
  if (action === "returnToBase" && proposal === null && left === "baseline")
    return "because a visit to the baseline was cut short"
  if (action !== "returnToBase" || proposal === null) return WHAT[action]
  if (windows.some(({ side }) => side === "base"))
    return "because the visit to the baseline ended: both were measured"
  return windows.length > 0
    ? "because the visit to the baseline ended: the base is next"
    : "to compare the base with the baseline"
}

const round = (value: number | null): string =>
  value === null ? "nothing" : String(Number(value.toPrecision(6)))

/** What was learned of how to read the plant. */
const LEARNED: Readonly<Record<string, string>> = {
  memorySuspected: "the objective keeps rising: from here on the engine checks whether this plant remembers",
  memoryUnproven: "nothing shows that this plant remembers: windows are read one by one again",
  effectLate: "changes show late on this plant: one more window after each of them is left out",
  covariateTrusted: "the covariate is used again",
  covariateMoved: "the covariate is left out from here on: the knobs move it",
  covariateIsObjective: "the covariate is left out from here on: it is the objective itself",
}

/** What a record that led to something says, with the numbers that it rests on. */
function causeText(record: AuditRecord): string {
  const { seq, kind, action, reason, knob, value, limit, difference, note, guard } = record
  if (guard !== undefined) return `  before it: guard: ${note ?? ""} (record ${seq})`
  if (reason === "memoryProven") return `  before it: ${memoryText(value)} (record ${seq})`
  if (reason === "windowsShort") return `  before it: ${shortText(value, limit)} (record ${seq})`
  if (kind === "cohort")
    return `  before it: ${lineOfRecord(record, { figure: (figure) => round(figure ?? null), own: plainText })} (record ${seq})`
  if (kind === "meta") {
    const line = lineOfRecord(record, { figure: (figure) => round(figure ?? null), own: plainText })
    return `  before it: the meta level ${line} (record ${seq})`
  }
  const learned = LEARNED[reason ?? ""]
  if (learned !== undefined) return `  before it: ${learned} (record ${seq})`
  const words = [kind, action, reason, note === undefined ? undefined : JSON.stringify(note)]
  const against = kind === "variant" || typeof value !== "number" || typeof limit !== "number"
  const numbers = [
    knob,
    against ? undefined : `${round(value)} against ${round(limit)}`,
    typeof difference === "number" ? `difference ${round(difference)}` : undefined,
  ].filter((part) => part !== undefined)
  const rest = numbers.length === 0 ? "" : `: ${numbers.join(", ")}`
  return `  before it: ${words.filter((word) => word !== undefined).join(" ")}${rest} (record ${seq})`
}

function memoryText(horizonUs: unknown): string {
  const known = typeof horizonUs === "number" && horizonUs > 0
  const far = known
    ? `for about ${spanText(horizonUs)}: readings are projected that far`
    : "what was done to it"
  return `the objective rose because of what was tuned; this plant remembers ${far}`
}

/** Of windows that are too short. */
const shortText = (horizonUs: unknown, windowUs: unknown): string =>
  `this plant remembers for about ${spanText(Number(horizonUs))}: windows of ${spanText(Number(windowUs))} are too short for it`

/** The first line: of the live value, or of the base where that is what was asked about. */
function headText(change: Change, ofBase: boolean): string {
  const { knob, from, to, base, atUs, action, causes } = change
  if (!ofBase)
    return `${knob} went from ${round(from)} to ${round(to)} at ${timeText(atUs)}, ${whatFor(change)}.`
  const measured = action === "update" && causes.every(isLearnt)
  const why = measured ? "by what was measured on both sides of it" : whatFor(change)
  return `The base of ${knob} went from ${round(base.from)} to ${round(base.to)} at ${timeText(atUs)}, ${why}.`
}

/** Lines of text; `ofBase` where the move of the base was asked about, not the live value. */
export function changeText(change: Change, ofBase: boolean): string {
  const { knob, to, run, seq, generation, action, windows, proposal, causes, apply, demanded } = change
  const lines = [
    headText(change, ofBase),
    ...windows.map(
      (one) =>
        `  read: ${READ[one.side]}, generation ${one.generation}, ${knob} ${round(one.value)}: objective ${round(one.objective)} over ${one.digests} digests` +
        (one.constraintMargin === null ? "" : `, margin ${round(one.constraintMargin)}`),
    ),
    ...(proposal === null
      ? []
      : [
          `  asked: proposal ${proposal.proposal}, ${proposal.action}, ${knob} to ${round(to)} (record ${proposal.seq})`,
        ]),
    ...causes.map(causeText),
    ...(apply.note === undefined ? [] : [`  said with it: ${JSON.stringify(apply.note)}`]),
    ...(demanded === null
      ? []
      : [`  after it: SafeMode (${demanded.reason}) asked for a person's reset (record ${demanded.seq})`]),
    ...(action === "start" ? [`  it began there: ${startedText(apply)}`] : []),
    `  ${action === "start" ? "started" : "applied"}: record ${seq} of run ${run}, generation ${generation}`,
  ]
  return `${lines.map(plainText).join("\n")}\n`
}

const startedText = ({ start }: AuditRecord): string =>
  readResumption(start?.["resume"])?.from.why ?? "it took nothing from an earlier run."
