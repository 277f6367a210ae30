/** What a studio knows of a growing host: its last boundaries, each with the network as it was. Fed by whoever runs the host. */
import type { GrowthBoundary } from "../../morph/growth/GrowthBoundary.ts"
import type { PartView } from "../../morph/growth/partViews.ts"
import type { GrowthReport } from "../../morph/policy/reports.ts"
import type {
  GrowthEntry,
  GrowthFrame,
  GrowthOutcome,
  GrowthRow,
  GrowthRun,
  GrowthStation,
} from "../protocol/growthProtocol.ts"
import { Refusal } from "./refusal.ts"

/** Boundaries that are remembered; older ones make room. */
export const MOST_BOUNDARIES = 4000

/** What is read of a growing host after a boundary. */
export interface GrowthReading {
  readonly parts: ReadonlyArray<PartView>
  readonly reports: ReadonlyArray<GrowthReport>
}

export class GrowthBook {
  readonly entry: GrowthEntry
  private readonly rows: Array<GrowthRow> = []
  private readonly frames: Array<GrowthFrame> = []
  private reports: ReadonlyArray<GrowthReport> = []

  constructor(entry: GrowthEntry) {
    this.entry = entry
  }

  /** Takes a boundary, later than all before it. */
  add(boundary: GrowthBoundary, { parts, reports }: GrowthReading): void {
    this.rows.push(rowOf(boundary))
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

function notesOf({ moves, refused, proposal, refusal, rolledBackTo }: GrowthBoundary): ReadonlyArray<string> {
  return [
    ...(proposal === null ? [] : [`The policy asks for ${proposal.type}: ${proposal.why}`]),
    ...(refusal === null ? [] : [`Refused: ${refusal}`]),
    ...refused.map(({ blueprint, slot, problems }) =>
      [`${blueprint} refused in ${slot}.`, ...problems.map(({ message }) => message)].join(" "),
    ),
    ...moves.map(({ slot, from, to, why }) => `${slot}: ${from} to ${to} (${why})`),
    ...(rolledBackTo === null ? [] : [`Rolled back to epoch ${rolledBackTo}`]),
  ]
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
