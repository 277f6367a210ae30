/** Campaigns as the studio shows and answers them, wherever they run. Read when somebody asks; what a person answers is kept by the cluster. */
import type { CampaignStatus } from "../../cluster/campaign/Campaigns.ts"
import type { SignedWord } from "../../cluster/campaign/CampaignStore.ts"
import type { TunerStatus } from "../../replica/TunerHost.ts"
import { messageOf } from "../../system/messageOf.ts"
import {
  CAMPAIGN_ACTIONS,
  type CampaignAction,
  type CampaignActionRequest,
  type CampaignActionResult,
  type CampaignCanary,
  type CampaignPage,
  type CampaignView,
} from "../protocol/campaignProtocol.ts"
import { evidenceOf, noteOf, sentenceOf, stagesOf, storyOf } from "./campaignWords.ts"
import { reasonOf } from "./engineActions.ts"
import { conflict, Refusal } from "./refusal.ts"

/** What decides a trial on canaries, either way. */
const THRESHOLD = 100

/** What waits for a person comes first, then what is under way, then the ends. */
const ORDER: ReadonlyArray<CampaignStatus["state"]> = ["waiting", "trying", "studying", "rolledOut", "back"]

/** Where campaigns are looked at and answered. */
export interface CampaignSource {
  /** The oldest first. */
  readonly list: () => Promise<ReadonlyArray<CampaignStatus>>
  /** Rejects with what refuses it. */
  readonly tell: (name: string, action: CampaignAction, said: SignedWord) => Promise<CampaignStatus>
  /** The candidate that a tuner has on its canaries; null: none, or it cannot be asked. */
  readonly canary: (tuner: string) => Promise<TunerStatus["canary"]>
  readonly nowMs: () => number
}

/** The body of a request, checked; a Refusal names everything that is wrong with it. */
export function campaignRequestOf(body: unknown): CampaignActionRequest {
  const given = (typeof body === "object" && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  const { campaign, action } = given
  const problems: Array<string> = []
  const known = CAMPAIGN_ACTIONS.find((word) => word === action)
  if (known === undefined) problems.push(`action must be one of ${CAMPAIGN_ACTIONS.join(", ")}.`)
  if (typeof campaign !== "string") problems.push("campaign must be the name of a campaign.")
  const said = reasonOf(given, problems)
  if (said.by === undefined && problems.length === 0)
    problems.push("by must be your name: an answer to a campaign is signed.")
  if (problems.length > 0) throw new Refusal("badRequest", problems.join(" "))
  return { campaign: campaign as string, action: known as CampaignAction, ...said, by: said.by as string }
}

export class CampaignBook {
  private readonly source: CampaignSource

  constructor(source: CampaignSource) {
    this.source = source
  }

  /** All, and the one asked for, else the first. A Refusal where there is no such one, or the cluster cannot be reached. */
  async page(name: string | null, readOnly: boolean): Promise<CampaignPage> {
    const all = await this.source.list().catch((cause: unknown) => {
      throw new Refusal("failed", `The campaigns cannot be read: ${messageOf(cause)}`)
    })
    // The youngest first among those that stand alike.
    const sorted = all.toReversed().toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
    const chosen = name === null ? sorted.at(0) : sorted.find((one) => one.name === name)
    if (chosen === undefined && name !== null)
      throw new Refusal("notFound", `There is no campaign ${JSON.stringify(name.slice(0, 80))} here.`)
    return {
      nowMs: this.source.nowMs(),
      campaigns: sorted.map(({ name: known, state, tuner }) => ({ name: known, state, tuner })),
      campaign: chosen === undefined ? null : await this.view(chosen, readOnly),
    }
  }

  /** Answers a campaign as a person. A Refusal where that cannot be, and then nothing has changed. */
  async act({ campaign, action, reason, by }: CampaignActionRequest): Promise<CampaignActionResult> {
    const { state } = await this.source
      .tell(campaign, action, { by, why: reason })
      .catch((cause: unknown) => {
        throw conflict(messageOf(cause))
      })
    return { ok: true, action, state }
  }

  private async view(status: CampaignStatus, readOnly: boolean): Promise<CampaignView> {
    const { name, state, tuner, study, variant, by, why, candidate, steps, missing, approveWithinMs } = status
    const drafted = steps.find(({ step }) => step === "draft")?.atMs ?? null
    return {
      name,
      state,
      tuner,
      study,
      variant,
      by,
      why,
      story: storyOf(status),
      stages: stagesOf(status),
      values: candidate?.content.values ?? null,
      evidence: (candidate?.evidence ?? []).map(evidenceOf),
      waits:
        state === "waiting" && drafted !== null
          ? {
              untilMs: drafted + approveWithinMs,
              authors: candidate?.authors ?? [],
              missing: missing.map(sentenceOf),
            }
          : null,
      canary: state === "trying" ? await this.canary(tuner, variant) : null,
      notes: steps.map(noteOf),
      actions: readOnly ? [] : actionsIn(state),
    }
  }

  /** Of this candidate and no other. */
  private async canary(tuner: string, variant: string): Promise<CampaignCanary | null> {
    const now = await this.source.canary(tuner).catch(() => null)
    if (now === null || now.variant !== variant) return null
    const { turns, worse, sound } = now
    return { turns, worse, sound, threshold: THRESHOLD }
  }
}

function actionsIn(state: CampaignStatus["state"]): ReadonlyArray<CampaignAction> {
  if (state === "waiting") return CAMPAIGN_ACTIONS
  return state === "studying" || state === "trying" ? ["cancel"] : []
}
