/** A campaign in words for people: where it is on its way, what its evidence comes to, and what was done. */
import type { CampaignStatus } from "../../cluster/campaign/Campaigns.ts"
import type { Decided, Found, Tried } from "../../cluster/campaign/campaignSteps.ts"
import type { Evidence } from "../../domain/Variant.ts"
import {
  CAMPAIGN_STAGES,
  type CampaignEvidence,
  type CampaignNote,
  type CampaignStage,
  type CampaignStageName,
} from "../protocol/campaignProtocol.ts"

type Step = CampaignStatus["steps"][number]

/** Differences of fewer standard errors than this may be chance. */
const CLEAR = 2

/** What became of a candidate on its canaries. */
const TRIALS: Readonly<Record<Tried["end"], string>> = {
  rolledOut: "The canaries were no worse than the base, and every replica followed.",
  worse: "The canaries were worse than the base.",
  constraint: "The canaries broke a constraint.",
  undecided: "The canaries could not be told from the base in time.",
  silent: "The canaries fell silent, which says nothing about the candidate.",
  withdrawn: "The trial was withdrawn, which says nothing about the candidate.",
  refused: "The tuner did not take the candidate.",
}

const number = (value: number): string =>
  Math.abs(value) >= 1000 || value === 0 ? String(Math.round(value)) : String(Number(value.toPrecision(4)))

/** A step in the order of the campaign; trials and decisions may be several. */
function stageOf({ step }: Step): CampaignStageName {
  if (step === "study") return "study"
  if (step === "draft") return "candidate"
  return step.startsWith("decision/") ? "approval" : "canaries"
}

/** What a step came to. */
export function noteOf({ step, body, atMs }: Step): CampaignNote {
  const broke = (body as { readonly failed?: string }).failed
  if (broke !== undefined) return { atMs, tone: "trip", text: `The step ${step} failed: ${broke}` }
  switch (stageOf({ step, body, atMs })) {
    case "study": {
      const { best, told } = body as Found
      const found = best === null ? "It has no reading." : `Its best reading is ${number(best.value)}.`
      return {
        atMs,
        tone: best === null ? "trip" : null,
        text: `The study ended after ${told} evaluations. ${found}`,
      }
    }
    case "candidate": {
      const { problems = [] } = body as { readonly problems?: ReadonlyArray<Said> }
      return problems.length > 0
        ? { atMs, tone: "trip", text: `The candidate was refused: ${saidOf(problems)}` }
        : { atMs, tone: null, text: "The candidate is in the catalogue, with what the study says for it." }
    }
    case "approval":
      return decided(body as Decided, atMs)
    default: {
      const { end, problems } = body as Tried
      const tone = end === "rolledOut" ? "live" : end === "silent" || end === "withdrawn" ? "safe" : "trip"
      return { atMs, tone, text: `${TRIALS[end]} ${saidOf(problems)}`.trim() }
    }
  }
}

function decided({ verdict, by, why, problems }: Decided, atMs: number): CampaignNote {
  if (verdict === "approve") return { atMs, tone: "live", text: `${by} approved it: ${why}` }
  if (verdict === "reject") return { atMs, tone: "trip", text: `${by} declined it: ${why}` }
  if (verdict === "cancel") return { atMs, tone: "trip", text: `${by} cancelled it: ${why}` }
  if (verdict === "expired") return { atMs, tone: "trip", text: why }
  return { atMs, tone: "safe", text: `The approval by ${by} was refused: ${saidOf(problems)}` }
}

type Said = CampaignStatus["missing"][number]

const saidOf = (problems: ReadonlyArray<Said>): string => problems.map(sentenceOf).join(" ")

export const sentenceOf = ({ path, message, suggestion = "" }: Said): string => {
  const sentence = `${path} ${message} ${suggestion}`.trim()
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** Stages up to where it is, and what is to come. */
export function stagesOf({ state, steps, reason, attempts }: CampaignStatus): ReadonlyArray<CampaignStage> {
  const at: Readonly<Record<CampaignStatus["state"], number>> = {
    studying: 0,
    waiting: 2,
    trying: 3,
    rolledOut: CAMPAIGN_STAGES.length,
    back: reached(steps),
  }
  const now = at[state]
  return CAMPAIGN_STAGES.map((stage, i) => {
    const taken = steps.filter((step) => stageOf(step) === stage)
    const last = taken.at(-1)
    const place =
      i < now ? "done" : i > now ? (state === "back" ? "left" : "next") : state === "back" ? "ended" : "now"
    const text =
      place === "ended"
        ? endOf(reason, last)
        : place === "now"
          ? nowOf(stage, taken.length, attempts)
          : place === "done"
            ? last === undefined
              ? "Every replica has it. It is the tuner's baseline."
              : noteOf(last).text
            : ""
    return {
      stage,
      state: place,
      text,
      atMs: place === "done" || place === "ended" ? (last?.atMs ?? null) : null,
    }
  })
}

/** Why it went back. What the canaries said is said in full. */
const endOf = (reason: string | null, last: Step | undefined): string =>
  last !== undefined && stageOf(last) === "canaries" && reason?.startsWith("The canaries") === true
    ? noteOf(last).text
    : (reason ?? "It went back.")

/** The stage in which it went back: that of the last step. */
const reached = (steps: ReadonlyArray<Step>): number => {
  const last = steps.at(-1)
  return last === undefined ? 0 : CAMPAIGN_STAGES.indexOf(stageOf(last))
}

function nowOf(stage: CampaignStageName, taken: number, attempts: number): string {
  if (stage === "study") return "Workers evaluate the study."
  if (stage === "approval") return "A person has to answer."
  return `Trial ${taken + 1} of at most ${attempts}: the canaries are compared with the base.`
}

export function storyOf(status: CampaignStatus): string {
  const { state, study, tuner, reason, by, steps } = status
  switch (state) {
    case "studying":
      return `The study ${study} is under way. What it recommends becomes a candidate for ${tuner}.`
    case "waiting":
      return `The study ${study} has found a configuration for ${tuner}. It is tried on no replica before a person has approved it, and ${by}, who proposed it, cannot.`
    case "trying":
      return `A person has approved the candidate. The canaries of ${tuner} try it, and every other replica stays on the base until they have shown that it is no worse.`
    case "rolledOut":
      return `Every replica of ${tuner} has the candidate, and it is the baseline.`
    case "back":
      return `It is over, and no replica has the candidate. ${endOf(reason, steps.at(-1))}`
  }
}

/** One measurement with what it comes to. */
export function evidenceOf({
  source,
  mean,
  standardError,
  readings,
  against,
  constraintsHeld,
  note,
}: Evidence): CampaignEvidence {
  const words = [
    `Loss ${number(mean)}, give or take ${number(CLEAR * standardError)}, over ${readings} ${readings === 1 ? "reading" : "readings"}.`,
    against === undefined
      ? "Nothing was measured beside it."
      : comparedWith({ mean, standardError }, against),
    constraintsHeld ? "Every constraint held." : "A constraint was broken.",
  ]
  return {
    source,
    mean,
    standardError,
    readings,
    against: against ?? null,
    constraintsHeld,
    text: words.join(" "),
    note: note ?? null,
  }
}

type Reading = Pick<Evidence, "mean" | "standardError">

function comparedWith(own: Reading, other: Reading): string {
  const difference = own.mean - other.mean
  const error = Math.hypot(own.standardError, other.standardError)
  if (Math.abs(difference) <= CLEAR * error)
    return `What it was compared with reads ${number(other.mean)}: the difference may be chance.`
  const share =
    other.mean === 0 ? "" : ` by ${((100 * Math.abs(difference)) / Math.abs(other.mean)).toPrecision(2)} %`
  return `That is ${difference < 0 ? "better" : "worse"}${share} than what it was compared with, ${number(other.mean)}.`
}
