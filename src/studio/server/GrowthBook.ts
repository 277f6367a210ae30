/** What a studio knows of a growing host: its last boundaries, each with the network as it was. The process that runs the host feeds it. */
import type { GrowthBoundary } from "../../morph/growth/GrowthBoundary.ts"
import type { PartView } from "../../morph/growth/partViews.ts"
import type { GrowthReport } from "../../morph/policy/reports.ts"
import {
  GROWTH_ACTIONS,
  type GrowthActionRequest,
  type GrowthActionResult,
  type GrowthEntry,
  type GrowthFrame,
  type GrowthNote,
  type GrowthOutcome,
  type GrowthRow,
  type GrowthRun,
  type GrowthStation,
} from "../protocol/growthProtocol.ts"
import { growthAct, type GrowthSteering } from "./growthActions.ts"
import { notesOf } from "./growthNotes.ts"
import { conflict, Refusal } from "./refusal.ts"

/** Boundaries that are remembered; older ones make room. */
export const MOST_BOUNDARIES = 4000

/** What is read of a growing host after a boundary. */
export interface GrowthReading {
  readonly parts: ReadonlyArray<PartView>
  readonly reports: ReadonlyArray<GrowthReport>
}

/** Whose book it is. */
export interface GrowthBookOptions extends Pick<GrowthEntry, "id" | "name" | "source"> {
  /** Null, or left out, where nothing may be asked of it. */
  readonly steering?: GrowthSteering | null
  /** What can be planted, by name. */
  readonly blueprints?: ReadonlyArray<string>
}

export class GrowthBook {
  readonly id: string
  private readonly options: GrowthBookOptions
  private ended = false
  /** What was asked for since the last boundary. */
  private asked: Array<GrowthNote> = []
  private readonly rows: Array<GrowthRow> = []
  private readonly frames: Array<GrowthFrame> = []
  private reports: ReadonlyArray<GrowthReport> = []

  constructor(options: GrowthBookOptions) {
    this.options = options
    this.id = options.id
  }

  entry(readOnly: boolean): GrowthEntry {
    const { id, name, source, steering = null, blueprints = [] } = this.options
    const actions = readOnly || steering === null ? [] : GROWTH_ACTIONS
    return { id, name, source, actions, blueprints }
  }

  /** Asks something of the host. A Refusal where that cannot be, and then nothing has changed. */
  async act(request: GrowthActionRequest, who: string): Promise<GrowthActionResult> {
    const { steering = null } = this.options
    if (steering === null) throw new Refusal("readOnly", "This growing host cannot be steered from here.")
    if (this.ended) throw conflict("The run is over, so no boundary would decide.")
    const note = await growthAct(steering, request, who)
    this.asked.push({ tone: null, text: note })
    return { ok: true, action: request.action, note }
  }

  /** No boundary follows. */
  end(): void {
    this.ended = true
  }

  /** Takes a boundary, later than all before it. */
  add(boundary: GrowthBoundary, { parts, reports }: GrowthReading): void {
    const row = rowOf(boundary)
    // A run that is repeated takes another time than it took.
    const boundaryMs = this.options.source === "live" ? row.boundaryMs : null
    this.rows.push({ ...row, boundaryMs, notes: [...this.asked, ...row.notes] })
    this.asked = []
    this.frames.push({ epoch: boundary.epoch, stations: parts.map(stationOf) })
    this.reports = reports
    if (this.rows.length <= MOST_BOUNDARIES) return
    this.rows.shift()
    this.frames.shift()
  }

  /** Boundaries after one, oldest first. */
  run(after: number): GrowthRun {
    const from = this.rows.findIndex(({ epoch }) => epoch > after)
    return {
      rows: from < 0 ? [] : this.rows.slice(from),
      oldest: this.rows.at(0)?.epoch ?? null,
      ended: this.ended,
      reports: this.reports.map(outcomeOf),
    }
  }

  /** The host at a boundary, or at the last one before it. A Refusal where there is none. */
  frame(at: number): GrowthFrame {
    const found = this.frames.findLast(({ epoch }) => epoch <= at)
    if (found !== undefined) return found
    throw new Refusal("notFound", "There is no boundary that early. The first one may not have come yet.")
  }
}

/** JSON makes null of what is no number; the type says so. */
const finite = (value: number | null | undefined): number | null =>
  Number.isFinite(value) ? (value ?? null) : null

function rowOf(boundary: GrowthBoundary): GrowthRow {
  const { epoch, accuracy, boundaryMs, parameters, mode, sockets } = boundary
  return {
    epoch,
    loss: finite(boundary.loss),
    hostLoss: finite(boundary.hostLoss),
    accuracy,
    boundaryMs,
    parameters,
    mode,
    states: Object.fromEntries(sockets.map(({ name, state }) => [name, state])),
    notes: notesOf(boundary),
  }
}

function stationOf({ kind, name, units = 0, parameters, socket }: PartView): GrowthStation {
  if (kind === "kept" || socket === null)
    return kind === "layer" ? { kind, name, units, parameters } : { kind: "kept", name, parameters }
  const { state, blueprint, alpha, paused, figures, gates } = socket
  return {
    kind: "socket",
    name,
    state,
    blueprint,
    parameters,
    alpha,
    paused,
    lossWith: finite(figures["lossWith"]),
    lossWithout: finite(figures["lossWithout"]),
    gates: gates.map((verdict) => {
      if (verdict === null) return null
      const { gate, answer, waited, most, findings } = verdict
      return {
        gate,
        answer,
        waited,
        most,
        findings: findings.map((one) => ({
          figure: one.figure,
          value: finite(one.value),
          min: one.min,
          max: one.max,
          answer: one.answer,
        })),
      }
    }),
  }
}

const outcomeOf = ({
  command,
  type,
  socket,
  blueprint,
  outcome,
  from,
  to,
  before,
  after,
  why,
}: GrowthReport): GrowthOutcome => ({
  command,
  type,
  socket,
  blueprint,
  outcome,
  from,
  to,
  before: finite(before),
  after: finite(after),
  why,
})
