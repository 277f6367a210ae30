/**
 * What the studio's server and its page say to each other: bodies, and the messages of the live stream. The page
 * imports types and constants from here and nothing else of the server; it may be loaded in a browser. The files beside it say the same of
 * fleets, of the offline solver, of growing hosts, of tuners with many replicas, of shared studies and of campaigns; `paths` has every path,
 * `actions` what may be asked of an engine.
 *
 * Numbers that are none (NaN, infinities) are null on the wire. Times ending in `Us` are the engine's own, microseconds.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { RecordMark } from "../../domain/recordTexts.ts"
import type { EngineSnapshot } from "../../engine/contract/EngineSnapshot.ts"
import type { EngineSchedule } from "../../engine/contract/ScheduleState.ts"
import type { Action } from "./actions.ts"
import type { CampaignAction } from "./campaignProtocol.ts"
import type { GrowthEntry } from "./growthProtocol.ts"
import type { PipelineEntry } from "./pipelineProtocol.ts"
import type { TunerEntry } from "./tunerProtocol.ts"

/** Grows when a page of another version could not be served. */
export const PROTOCOL_VERSION = 1

/** Largest body the server reads, bytes. */
export const MOST_BODY_BYTES = 16 * 1024
/** Longest reason and longest name of who acts, characters. */
export const MOST_REASON = 500
export const MOST_NAME = 80
/** Records, frames and history points in one answer at most. */
export const MOST_RECORDS = 1000
export const MOST_FRAMES = 500
export const MOST_HISTORY_KNOBS = 64
/** Engines of a fleet on one page of its list. */
export const MOST_LISTED = 200

export const GUARDRAIL_PRESETS = ["conservative", "balanced", "aggressive"] as const
export type GuardrailPreset = (typeof GUARDRAIL_PRESETS)[number]

/** `GET /api/session`. Where a token is wanted and none was given, this and everything else but the page answers 401 with an `ApiError`. */
export interface Session {
  readonly protocol: number
  readonly version: string
  /** Nothing can be changed: a read-only studio, or only recordings are shown. */
  readonly readOnly: boolean
  readonly engines: ReadonlyArray<EngineEntry>
  /** Fleets of this process. */
  readonly fleets: ReadonlyArray<FleetEntry>
  /** Hosts that grow. */
  readonly growths: ReadonlyArray<GrowthEntry>
  /** Services that grow. */
  readonly pipelines: ReadonlyArray<PipelineEntry>
  /** Tuners of many replicas. */
  readonly tuners: ReadonlyArray<TunerEntry>
  /** Whether there is a storage with shared studies. */
  readonly studies: boolean
  /** What can be answered of the campaigns of a cluster; null where there is no cluster. */
  readonly campaigns: ReadonlyArray<CampaignAction> | null
  /** Names of solver files, as `GET /api/solver?file=` takes them. */
  readonly solvers: ReadonlyArray<string>
  readonly capabilities: Capabilities
}

export interface Capabilities {
  readonly actions: ReadonlyArray<Action>
  /** Preset names that the action `guardrails` takes; empty where it cannot be changed while running. */
  readonly presets: ReadonlyArray<GuardrailPreset>
  readonly live: boolean
  readonly replay: boolean
  readonly solver: boolean
}

export interface EngineEntry {
  /** What `engine=` takes: unique in this server. */
  readonly id: string
  readonly name: string
  readonly runId: string
  /** A running engine, or a run read from a journal. */
  readonly source: "live" | "recorded"
  readonly readOnly: boolean
  readonly objective: "minimize" | "maximize"
  readonly label: ObjectiveLabel
  readonly knobs: ReadonlyArray<KnobEntry>
  /** The configuration as it was given. */
  readonly config: Readonly<Record<string, unknown>>
  /** Preset in force; null where numbers of a user's own are. */
  readonly preset: GuardrailPreset | null
  readonly guardrails: Readonly<Record<string, number | null>>
  /** Names of the statecharts under `GET /api/machines` that this engine runs. */
  readonly machines: ReadonlyArray<string>
  /** Of a recorded run: what time it covers, and whether its states could be worked out from it. */
  readonly recording: {
    readonly fromUs: number
    readonly toUs: number
    readonly records: number
    readonly ended: boolean
    /** Null when the run repeats itself; otherwise why frames hold no states. */
    readonly withoutStates: string | null
  } | null
}

/** What people call the objective, and its unit; null where nobody said so. */
export interface ObjectiveLabel {
  readonly name: string | null
  readonly unit: string | null
}

export interface KnobEntry {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly scale: "linear" | "log" | "periodic"
  readonly step: number | null
  readonly initial: number
}

/** What the live stream sends: SSE `event:` is the key, `data:` the JSON of the value, `id:` a number that counts up. */
export interface StreamMessages {
  /** First on every connection. After it everything is sent whole, unless `resumed`. */
  readonly hello: Hello
  /** At most ten a second, and only when something changed. */
  readonly snapshot: EngineSnapshot
  /** On every change of an active state. */
  readonly state: States
  readonly event: Events
  readonly window: WindowMessage
  readonly audit: AuditMessage
  readonly budgets: Budgets
  /** For an engine with the option `schedule`: how late its analyses are. Figures that are not known yet are null. */
  readonly schedule: EngineSchedule
  /** The engine is over, or another preset is in force: read the session again. */
  readonly session: SessionChanged
}
export type StreamEvent = keyof StreamMessages

export interface Hello {
  readonly engine: string
  /** The messages after the client's Last-Event-ID follow, none missing. */
  readonly resumed: boolean
  readonly nowUs: number
  /** Connections that were cut because they did not keep up, since the server began. */
  readonly dropped: number
}

export interface SessionChanged {
  readonly engine: string
  readonly reason: "stopped" | "fault" | "guardrails"
  readonly detail: string | null
}

export interface States {
  readonly atUs: number
  readonly actors: ReadonlyArray<ActorState>
}

/** One actor as it stands. */
export interface ActorState {
  /** From the root: `engine`, `engine/latch`, `engine/cycle`. */
  readonly path: string
  /** Which of the machines it runs; null when it is no statechart. */
  readonly machine: string | null
  readonly status: string
  /** Ids of all active states, outermost first. */
  readonly active: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
}

/** What happened in the statecharts since the last such message. */
export interface Events {
  readonly events: ReadonlyArray<MachineEvent>
  /** Events beyond what is sent a second. */
  readonly skipped: number
}

export interface MachineEvent {
  /** Counts every event of the engine since somebody looked, skipped ones included. */
  readonly index: number
  readonly atUs: number
  /** Path of who got it, and of who sent it; null from outside. */
  readonly actor: string
  readonly from: string | null
  readonly type: string
  /** What came with it: at most a handful of fields, long texts cut, no functions, no arrays of more than eight. */
  readonly data: Readonly<Record<string, unknown>>
}

export type Place = "tuned" | "baseline"

export interface WindowMessage {
  readonly index: number
  readonly generation: number
  readonly openedUs: number
  readonly closedUs: number
  readonly status: "closed" | "expired"
  /** What it was measured on: the baseline while it is visited, to compare with it, else what is tuned. */
  readonly place: Place
  /** As the history tells of it, with this window. */
  readonly start: StartReading | null
  readonly count: number
  readonly objective: number | null
  readonly latencyP99Us: number | null
  readonly throughputRps: number | null
  readonly errorRate: number | null
  readonly constraintMargin: number | null
  /** Least margin of each rule since the window before, in the order of the configuration; absent without rules. */
  readonly margins?: ReadonlyArray<number | null> | undefined
}

export interface AuditMessage {
  /** Oldest first. Digests and ticks are not sent; `GET /api/audit` has them. */
  readonly records: ReadonlyArray<AuditRecord>
  /** Records that were made and not sent, of any kind but those. */
  readonly skipped: number
}

/** How much of a limit is used; a limit that was lifted is null. */
export interface Gauge {
  readonly used: number
  readonly limit: number | null
}

export interface Budgets {
  readonly atUs: number
  /** Of any minute, in unit space; turns are counts. */
  readonly knobs: ReadonlyArray<{
    readonly knob: string
    readonly turns: Gauge
    readonly range: Gauge
    readonly path: Gauge
  }>
  /** Applies within the last second (or the longer time that a rate below one is counted over). */
  readonly applies: Gauge
  readonly rollbacksPerHour: Gauge
  readonly regressions: Gauge
  /** Furthest that one apply may move a knob, unit space. */
  readonly maxStep: number
  /** Until then proposals are refused; null when there is no cooldown. */
  readonly cooldownUntilUs: number | null
}

/**
 * `GET /api/audit?engine=&kind=&knob=&from=&to=&text=&limit=&before=`. `kind` may be a list with commas; times in
 * microseconds; `before` a sequence number. Newest first.
 */
export interface AuditPage {
  readonly records: ReadonlyArray<AuditRecord>
  /** Give it as `before` for the next page; null when there is none. */
  readonly before: number | null
  /** Oldest record there is; older ones made room. */
  readonly oldest: number | null
  /** Objective that was read on the generations of these records, where it is known. */
  readonly readings: Readonly<Record<string, number>>
}

/**
 * `GET /api/history?engine=&points=&knobs=`: parallel arrays, oldest first, of at most `points` (default 1000) rows. `knobs` is a
 * list with commas; without it the first `MOST_HISTORY_KNOBS` are meant.
 */
export interface History {
  readonly engine: string
  readonly fromUs: number
  readonly toUs: number
  /** End of each row; a row is one window, or several where they were merged to stay within memory. */
  readonly atUs: ReadonlyArray<number>
  readonly generation: ReadonlyArray<number>
  /** Mean, least and greatest objective of the row's closed windows on what is tuned. */
  readonly objective: ReadonlyArray<number | null>
  readonly objectiveLow: ReadonlyArray<number | null>
  readonly objectiveHigh: ReadonlyArray<number | null>
  /** Mean objective of its closed windows on a baseline that was visited. */
  readonly baseline: ReadonlyArray<number | null>
  readonly latencyP99Us: ReadonlyArray<number | null>
  readonly throughputRps: ReadonlyArray<number | null>
  readonly errorRate: ReadonlyArray<number | null>
  /** Proposals that Tier 1 refused. */
  readonly refused: ReadonlyArray<number>
  /** Closed and expired windows in the row. */
  readonly windows: ReadonlyArray<number>
  readonly expired: ReadonlyArray<number>
  /** Per knob, user units: live value at the end of the row, and the base. */
  readonly knobs: Readonly<
    Record<string, { readonly live: ReadonlyArray<number>; readonly base: ReadonlyArray<number> }>
  >
  /** Least margin of each rule in each row, rules in the order of the configuration; absent without rules. */
  readonly margins?: ReadonlyArray<ReadonlyArray<number | null>> | undefined
  /** What was read before the base moved for the first time; null where nobody looked then. */
  readonly start: StartReading | null
  readonly marks: ReadonlyArray<HistoryMark>
  /** Marks that made room for newer ones. */
  readonly marksForgotten: number
}

/** Means over the windows around the configuration that a run began with. */
export interface StartReading {
  readonly windows: number
  readonly objective: number
  readonly throughputRps: number | null
}

/** Something to mark on the time line. */
export type HistoryMark = RecordMark

/** Body of `POST /api/actions`, `content-type: application/json`. */
export interface ActionRequest {
  readonly engine: string
  readonly action: Action
  /** Why; goes into the audit. Not empty. */
  readonly reason: string
  /** Who; a name a person gives themselves. */
  readonly by?: string
  /** Must be true: the person was asked and said yes. */
  readonly confirm: boolean
  /** Of `guardrails`. */
  readonly preset?: GuardrailPreset
}

export interface ActionResult {
  readonly ok: true
  readonly action: Action
  /** As it stands in the audit. */
  readonly note: string
  readonly snapshot: EngineSnapshot
}

/** Body of `POST /api/login`: the token becomes an HttpOnly cookie. Answers 204, or 401. `GET /?token=` does the same and answers 303. */
export interface LoginRequest {
  readonly token: string
}

/** Body of every answer that is not 2xx. */
export interface ApiError {
  readonly error:
    | "unauthorised"
    | "forbidden"
    | "notFound"
    | "wrongMethod"
    | "upgradeRequired"
    | "badRequest"
    | "tooLarge"
    | "readOnly"
    | "conflict"
    | "tooMany"
    | "failed"
  /** One or two sentences for a person: what is wrong and what to do. */
  readonly message: string
}

/** `GET /api/replay/frames?engine=&from=&to=&limit=`, or `&at=` for the one frame at or before a moment. Recorded runs only. */
export interface Frames {
  readonly engine: string
  /** Frames there are between `from` and `to`; evenly thinned to `limit`. */
  readonly total: number
  readonly frames: ReadonlyArray<Frame>
}

/** A recorded run at one moment: what the live stream would have shown last. */
export interface Frame {
  readonly atUs: number
  /** Last record before it. */
  readonly seq: number
  readonly mode: "adapting" | "safe"
  readonly generation: number
  readonly values: Readonly<Record<string, number | null>>
  readonly window: WindowMessage | null
  /** The three below only where the run repeats itself. */
  readonly snapshot: EngineSnapshot | null
  readonly states: States | null
  readonly budgets: Budgets | null
}

export const FLEET_ACTIONS = ["trip", "reset", "rollback", "setBaseline", "passivate"] as const
/** What a person may ask of an engine of a fleet: as of any engine, and to put it away. */
export type FleetAction = (typeof FLEET_ACTIONS)[number]

/** A fleet as the session tells of it: what its engines have in common. */
export interface FleetEntry {
  /** What `fleet=` takes: unique among the fleets of this server. */
  readonly id: string
  readonly name: string
  /** Empty where nothing may be changed. */
  readonly actions: ReadonlyArray<FleetAction>
  readonly objective: "minimize" | "maximize"
  readonly label: ObjectiveLabel
  readonly knobs: ReadonlyArray<KnobEntry>
  /** Preset in force; null where numbers of a user's own are. */
  readonly preset: GuardrailPreset | null
  /** Names of the shared budgets. */
  readonly groups: ReadonlyArray<string>
}
