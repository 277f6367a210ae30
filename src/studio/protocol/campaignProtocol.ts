/**
 * What the studio's server and its page say to each other about campaigns: what a study recommends, on its way to every replica of a tuner.
 * Asked for by the page, never sent by itself.
 */

export const CAMPAIGN_ACTIONS = ["approve", "reject", "cancel"] as const
/** What a person may answer. */
export type CampaignAction = (typeof CAMPAIGN_ACTIONS)[number]

/** Where a campaign stands; `rolledOut` and `back` are ends. */
export type CampaignStanding = "studying" | "waiting" | "trying" | "rolledOut" | "back"

/** A campaign in a list. */
export interface CampaignRow {
  readonly name: string
  readonly state: CampaignStanding
  readonly tuner: string
}

export const CAMPAIGN_STAGES = ["study", "candidate", "approval", "canaries", "replicas"] as const
export type CampaignStageName = (typeof CAMPAIGN_STAGES)[number]

/** A stage of the way: `ended` is where the campaign went back, `left` what was never reached. */
export interface CampaignStage {
  readonly stage: CampaignStageName
  readonly state: "done" | "now" | "next" | "ended" | "left"
  readonly text: string
  /** Wall time when it was taken, milliseconds; null: it was not. */
  readonly atMs: number | null
}

/** A reading with its standard error. */
export interface CampaignLevel {
  readonly mean: number
  readonly standardError: number
  readonly readings: number
}

/** One measurement of the candidate, in loss: lower is better. */
export interface CampaignEvidence extends CampaignLevel {
  readonly source: string
  readonly against: CampaignLevel | null
  readonly constraintsHeld: boolean
  /** What it comes to, in words. */
  readonly text: string
  readonly note: string | null
}

/** Something that was done, oldest first. */
export interface CampaignNote {
  readonly atMs: number
  readonly tone: "live" | "safe" | "trip" | null
  readonly text: string
}

/** The candidate on its canaries. */
export interface CampaignCanary {
  readonly turns: number
  /** Evidence that it is worse, and that it is not; `threshold` decides. */
  readonly worse: number
  readonly sound: number
  readonly threshold: number
}

/** One campaign as it stands. */
export interface CampaignView extends CampaignRow {
  readonly study: string
  readonly variant: string
  readonly by: string
  readonly why: string
  /** How it stands, in a sentence or two. */
  readonly story: string
  readonly stages: ReadonlyArray<CampaignStage>
  readonly values: Readonly<Record<string, string | number | boolean>> | null
  readonly evidence: ReadonlyArray<CampaignEvidence>
  /** Null where nobody is waited for. */
  readonly waits: {
    /** Wall time after which it goes back by itself, milliseconds. */
    readonly untilMs: number
    /** Who cannot approve it, because they wrote it. */
    readonly authors: ReadonlyArray<string>
    /** What an approval lacks, in sentences. */
    readonly missing: ReadonlyArray<string>
  } | null
  /** Null where nothing is on canaries, or nobody can be asked. */
  readonly canary: CampaignCanary | null
  readonly notes: ReadonlyArray<CampaignNote>
  /** What may be answered now. */
  readonly actions: ReadonlyArray<CampaignAction>
}

/** `GET /api/campaigns?campaign=`: all campaigns, who waits for a person first, and the one asked for, else the first. */
export interface CampaignPage {
  readonly nowMs: number
  readonly campaigns: ReadonlyArray<CampaignRow>
  /** Null where there is none yet. */
  readonly campaign: CampaignView | null
}

/** Body of `POST /api/campaigns/actions`, `content-type: application/json`. */
export interface CampaignActionRequest {
  readonly campaign: string
  readonly action: CampaignAction
  /** Why. Not empty; kept with the step. */
  readonly reason: string
  /** Who answers: who has written a candidate cannot approve it. */
  readonly by: string
  readonly confirm: boolean
}

export interface CampaignActionResult {
  readonly ok: true
  readonly action: CampaignAction
  readonly state: CampaignStanding
}
