/** Campaigns in every state, as a cluster tells of them: what a studio looks at, and answers by the rules of the catalogue. */
import type { CampaignStatus } from "../../src/cluster/campaign/Campaigns.ts"
import type { CampaignStep } from "../../src/cluster/campaign/CampaignStore.ts"
import type { Decided, Found, Tried } from "../../src/cluster/campaign/campaignSteps.ts"
import { approvalProblems } from "../../src/control/variantRules.ts"
import { VariantError } from "../../src/domain/errors.ts"
import type { Evidence, VariantRecord } from "../../src/domain/Variant.ts"
import type { CampaignSource } from "../../src/studio/server/CampaignBook.ts"

const DAY_MS = 86_400_000
export const NOW_MS = Date.UTC(2026, 10, 24, 9, 30)

const VALUES = { concurrency: 52, poolSize: 25, timeoutMs: 199.6 }
const FROM_STUDY: Evidence = {
  source: "study checkout-limits",
  mean: 18.52,
  standardError: 0.09,
  readings: 9,
  constraintsHeld: true,
  note: "Trial 468.",
}
const FROM_REPLAY: Evidence = {
  source: "replay of Monday's load",
  mean: 19.1,
  standardError: 0.22,
  readings: 40,
  against: { mean: 23.4, standardError: 0.31, readings: 40 },
  constraintsHeld: true,
}

const variantOf = (name: string, evidence: ReadonlyArray<Evidence>): VariantRecord => ({
  name,
  version: 2,
  state: "evaluated",
  content: {
    values: VALUES,
    description: "What the study checkout-limits recommends.",
    constraints: [],
    rollback: { to: "previous", afterBreaches: 2, quarantineUs: 3_600_000_000 },
  },
  authors: ["ada"],
  evidence: evidence.map((one, i) => ({ id: i + 1, ...one })),
  evidenceCount: evidence.length,
  approval: null,
  promotion: null,
})

const found: Found = {
  best: { id: 468, params: VALUES, value: 18.52, standardError: 0.09, readings: 9 },
  told: 1000,
}
const approved: Decided = { verdict: "approve", by: "bob", why: "the replay is sound", problems: [] }

const stepsOf = (beganMs: number, ...bodies: ReadonlyArray<readonly [string, unknown]>): CampaignStep[] =>
  bodies.map(([step, body], i) => ({ step, body, atMs: beganMs + i * 4 * 3_600_000 }))
const STUDIED = [
  ["study", found],
  ["draft", { version: 2 }],
] as const
const trial = (n: number, end: Tried["end"]) => [`trial/${n}`, { end, problems: [] } satisfies Tried] as const

const campaign = (
  name: string,
  state: CampaignStatus["state"],
  steps: ReadonlyArray<CampaignStep>,
  more: Partial<CampaignStatus> = {},
): CampaignStatus => ({
  name,
  tuner: "checkout",
  study: "checkout-limits",
  by: "ada",
  why: "the load has changed since the summer",
  variant: name,
  constraints: [],
  rollback: { to: "previous", afterBreaches: 2, quarantineUs: 3_600_000_000 },
  approveWithinMs: 7 * DAY_MS,
  attempts: 3,
  state,
  reason: null,
  steps,
  candidate: steps.length < 2 ? null : variantOf(name, [FROM_STUDY, FROM_REPLAY]),
  missing: [],
  ...more,
})

export class CampaignRig implements CampaignSource {
  /** What was told, in order. */
  readonly said: Array<readonly [name: string, action: string, by: string, why: string]> = []
  all: ReadonlyArray<CampaignStatus>

  constructor() {
    const lately = NOW_MS - 2 * DAY_MS
    this.all = [
      campaign("summer-limits", "rolledOut", [
        ...stepsOf(
          NOW_MS - 60 * DAY_MS,
          ...STUDIED,
          ["decision/1", approved],
          trial(1, "withdrawn"),
          trial(2, "rolledOut"),
        ),
      ]),
      campaign(
        "smaller-pool",
        "back",
        stepsOf(NOW_MS - 30 * DAY_MS, ...STUDIED, ["decision/1", approved], trial(1, "worse")),
        { reason: "The canaries: worse." },
      ),
      campaign("winter-limits", "waiting", stepsOf(lately, ...STUDIED)),
      campaign(
        "exact-readings",
        "waiting",
        stepsOf(lately, ...STUDIED),
        withMissing(variantOf("exact-readings", [{ ...FROM_STUDY, readings: 1, standardError: 0 }])),
      ),
      campaign("payments-limits", "trying", stepsOf(lately, ...STUDIED, ["decision/1", approved])),
      campaign("weekend-limits", "studying", []),
    ]
  }

  nowMs = () => NOW_MS

  list = () => Promise.resolve(this.all)

  canary: CampaignSource["canary"] = () =>
    Promise.resolve({
      variant: "payments-limits",
      values: VALUES,
      end: null,
      turns: 34,
      worse: 0.4,
      sound: 21,
      difference: -0.8,
    })

  tell: CampaignSource["tell"] = (name, action, { by, why }) => {
    this.said.push([name, action, by, why])
    const one = this.all.find((known) => known.name === name)
    if (one?.candidate === null || one === undefined)
      return Promise.reject(new Error("there is no such campaign."))
    const problems = action === "approve" ? approvalProblems(one.candidate, by) : []
    if (problems.length > 0)
      return Promise.reject(
        new VariantError({ reason: "refused", variant: one.variant, problems: [...problems] }),
      )
    const verdict = action === "approve" ? "approve" : action
    const body: Decided = { verdict, by, why, problems: [] }
    const state = action === "approve" ? "trying" : "back"
    const reason = action === "approve" ? null : `Rejected by ${by}: ${why}`
    const after = {
      ...one,
      state,
      reason,
      steps: [...one.steps, { step: "decision/1", body, atMs: NOW_MS }],
    } as const
    this.all = this.all.map((known) => (known.name === name ? after : known))
    return Promise.resolve(after)
  }
}

const withMissing = (candidate: VariantRecord): Partial<CampaignStatus> => ({
  candidate,
  missing: approvalProblems(candidate, ""),
})
