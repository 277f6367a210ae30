/** What the studio's server tells its page of a growing host. Numbers that are none (NaN, infinities) are null on the wire. */
import type { GateName, GraftStateName } from "../../morph/contracts/enums.ts"
import type { Answer } from "../../morph/contracts/Host.ts"

/** Time that a boundary may take, milliseconds. */
export const BOUNDARY_MS = 18

export const GROWTH_ACTIONS = [
  "germinate",
  "cull",
  "fossilize",
  "adjust",
  "rollback",
  "pause",
  "resume",
  "reset",
] as const
/** What a person may ask of a growing host. */
export type GrowthAction = (typeof GROWTH_ACTIONS)[number]

/** A growing host as the session names it. */
export interface GrowthEntry {
  /** What `growth=` takes: unique in this server. */
  readonly id: string
  readonly name: string
  /** One that runs, or one that was repeated from its record. */
  readonly source: "live" | "recorded"
  /** Empty where nothing may be asked of it. */
  readonly actions: ReadonlyArray<GrowthAction>
  /** What can be planted, by name. */
  readonly blueprints: ReadonlyArray<string>
}

/** Body of `POST /api/growth/actions`, `content-type: application/json`. */
export interface GrowthActionRequest {
  readonly growth: string
  readonly action: GrowthAction
  /** Of `germinate`, `cull` and `fossilize`. */
  readonly socket?: string
  /** Of `germinate`. */
  readonly blueprint?: string
  /** Of `adjust`: the host's learning rate from the next step on. */
  readonly rate?: number
  /** Why. Not empty. */
  readonly reason: string
  readonly by?: string
  readonly confirm: boolean
}

export interface GrowthActionResult {
  readonly ok: true
  readonly action: GrowthAction
  /** As the host was told. */
  readonly note: string
}

/** `GET /api/growth?growth=&after=`: how a growing host came to be what it is; boundaries up to `after` are left out. */
export interface GrowthRun {
  /** Oldest first. */
  readonly rows: ReadonlyArray<GrowthRow>
  /** The first of the boundaries that memory still has; null before the first one. */
  readonly oldest: number | null
  /** No boundary follows. */
  readonly ended: boolean
  readonly reports: ReadonlyArray<GrowthOutcome>
}

/** A boundary on the time line. */
export interface GrowthRow {
  readonly epoch: number
  /** Held-out loss of what answers, and of the host alone. */
  readonly loss: number | null
  readonly hostLoss: number | null
  readonly accuracy: number | null
  /** Null where nobody took the time: a run that is repeated has none. */
  readonly boundaryMs: number | null
  readonly parameters: number
  readonly mode: string
  /** Of the sockets, each with the state of what is in it. */
  readonly states: Readonly<Record<string, GraftStateName>>
  readonly notes: ReadonlyArray<GrowthNote>
}

/** What happened at a boundary, in words. */
export interface GrowthNote {
  /** Something was kept, waits or was turned away; null for everything else. */
  readonly tone: "live" | "safe" | "trip" | null
  readonly text: string
}

/** What a command did. */
export interface GrowthOutcome {
  readonly command: string
  readonly type: string
  readonly socket: string | null
  readonly blueprint: string | null
  readonly outcome: string
  readonly from: number
  readonly to: number
  readonly before: number | null
  readonly after: number | null
  readonly why: string
}

/** `GET /api/growth/frame?growth=&at=`: the host at a boundary, or at the last one before it. */
export interface GrowthFrame {
  readonly epoch: number
  /** From the input to the output, in the order that a value passes them. */
  readonly stations: ReadonlyArray<GrowthStation>
}

/** A part of the network. */
export type GrowthStation =
  | { readonly kind: "layer"; readonly name: string; readonly units: number; readonly parameters: number }
  /** A graft that is part of the host for good. */
  | { readonly kind: "kept"; readonly name: string; readonly parameters: number }
  | GrowthSocket

/** A place between two parts, and what is in it. */
export interface GrowthSocket {
  readonly kind: "socket"
  readonly name: string
  readonly state: GraftStateName
  readonly blueprint: string | null
  /** Of the graft; 0 where nothing is planted. */
  readonly parameters: number
  /** Share of the graft in the output, where it blends. */
  readonly alpha: number
  readonly paused: string | null
  /** Held-out loss with the graft and without it, at this boundary; null where it was not measured. */
  readonly lossWith: number | null
  readonly lossWithout: number | null
  /** The last verdict of each gate, G0 first; null for a gate that was not asked. */
  readonly gates: ReadonlyArray<GateReading | null>
}

/** What a gate said, with every number it looked at. */
export interface GateReading {
  readonly gate: GateName
  readonly answer: Answer
  /** Boundaries in the state, and how many there may be; null where there is no deadline. */
  readonly waited: number
  readonly most: number | null
  readonly findings: ReadonlyArray<GateNumber>
}

/** A number and the bounds that it has to keep. */
export interface GateNumber {
  readonly figure: string
  /** Null where nothing was measured, or where it is no number: the answer is `hold` or `fail` then. */
  readonly value: number | null
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly answer: Answer
}
