/** What a campaign refuses. Nothing was changed. */
import * as Data from "effect/Data"
import type { Problem } from "../../domain/errors.ts"

/** Why a campaign refuses. */
export type CampaignReason =
  /** No campaign of that name. */
  | "unknown"
  /** There is one of that name that was begun with something else. */
  | "exists"
  /** It does not wait for this now, or has ended. */
  | "notNow"
  /** Somebody else was faster. */
  | "decided"

/** A campaign that cannot be begun, or a call on one that it cannot take now. */
export class CampaignError extends /* @__PURE__ */ Data.TaggedError("CampaignError")<{
  readonly reason: CampaignReason
  readonly campaign: string
  readonly detail: string
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return `campaign ${this.campaign}: ${this.detail}`
  }
}

/** The same without problems of fields. */
export const campaignError = (reason: CampaignReason, campaign: string, detail: string): CampaignError =>
  new CampaignError({ reason, campaign, detail, problems: [] })
