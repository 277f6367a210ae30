/**
 * A running service as a host: each piece is a socket, and a candidate is what is planted there. The life cycle asks it to try, mirror,
 * mix and keep; what it measures is read by the checks of `pipelineOptions`.
 */
import type { GraftStateName } from "../contracts/enums.ts"
import type { Figures, Host, Mode, Planting, Socket } from "../contracts/Host.ts"
import { evidenceFigures } from "./evidenceFigures.ts"
import type { EvidenceTape, WindowTapes } from "./EvidenceTape.ts"
import type { CallWatch } from "./CallWatch.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import { pipelineChecks, type PipelineThresholds } from "./pipelineOptions.ts"
import { PipelineSocket } from "./PipelineSocket.ts"
import type { Candidate, Route } from "./SocketWorld.ts"
import type { CheckedPiece } from "./pieces.ts"
import { slotOf, socketOf } from "./slots.ts"

const ROUTES: Readonly<Record<Mode, Route>> = {
  host: "direct",
  branch: "branch",
  mixed: "mixed",
  shadow: "shadow",
  whole: "whole",
}

export interface PipelineHostInput {
  readonly pieces: ReadonlyMap<string, PipelineSocket>
  readonly clock: PipelineClock
  readonly watch: CallWatch
  readonly seed: number
  readonly thresholds: PipelineThresholds
  readonly tape: (() => EvidenceTape) | null
  /** A candidate has done something that must not happen, for the last time. */
  readonly cullNow: (slot: string) => void
}

export class PipelineHost implements Host {
  readonly checks: NonNullable<Host["checks"]>
  /** By the name of a graft: what is planted with it. */
  readonly candidates = new Map<string, Candidate>()
  /** Asked before a share rises, with what it would be: false while the tuning engine of the service cannot be held. */
  mayRise: (slot: string, share: number) => boolean = () => true
  private readonly input: PipelineHostInput
  private readonly generations = new Map<string, number>()

  constructor(input: PipelineHostInput) {
    this.input = input
    this.checks = pipelineChecks(input.thresholds)
    for (const [name, socket] of input.pieces) {
      this.generations.set(name, 1)
      socket.enter({
        clock: input.clock,
        watch: input.watch,
        seed: input.seed,
        thresholds: input.thresholds,
        tape: input.tape,
        tooCritical: () => input.cullNow(this.slot(name)),
      })
    }
  }

  /** The slot of a socket that something can be planted in, or is. */
  slot(socket: string): string {
    return slotOf(socket, this.generations.get(socket) ?? 1)
  }

  piece(slot: string): PipelineSocket {
    const socket = this.input.pieces.get(socketOf(slot))
    if (socket === undefined) throw new Error(`There is no piece ${slot}.`)
    return socket
  }

  /** The end of an evaluation window: everything that it brought is judged. */
  endWindow(boundary: number): void {
    for (const socket of this.input.pieces.values()) socket.endWindow(boundary)
  }

  /** What the evidence of the window was made from, by slot. Empty where no record is kept. */
  takeTapes(): ReadonlyArray<readonly [string, WindowTapes]> {
    return [...this.input.pieces].flatMap(([name, { channels, comparison }]) => {
      const pairs = channels?.tape?.take() ?? null
      const compared = comparison?.tape?.take() ?? null
      return pairs === null && compared === null ? [] : [[this.slot(name), { pairs, compared }] as const]
    })
  }

  /** How late a timer was. */
  noteLag(ms: number): void {
    for (const socket of this.input.pieces.values()) socket.noteLag(ms)
  }

  close(): void {
    for (const socket of this.input.pieces.values()) socket.leave()
    for (const { quarantine } of this.candidates.values()) quarantine?.close()
  }

  readonly sockets = (): ReadonlyArray<Socket> =>
    [...this.generations].flatMap(([socket, generations]) =>
      Array.from({ length: generations }, (_, i) => ({ name: slotOf(socket, i + 1), shape: [] })),
    )

  readonly quarantine = (): void => {}

  readonly plant = (slot: string, { graft }: Planting): void => {
    const candidate = this.candidates.get(graft)
    if (candidate === undefined) throw new Error(`Nothing is known of the candidate ${graft}.`)
    this.piece(slot).plant(graft, candidate)
  }

  readonly mode = (slot: string, mode: Mode, alpha: number): void => {
    this.piece(slot).take(ROUTES[mode], alpha)
  }

  // The incumbent stays as it is and warm until its successor is kept: there is nothing to copy, and nothing to put back.
  readonly snapshot = (): void => {}
  readonly restore = (): void => {}

  readonly keep = (slot: string): void => {
    const socket = socketOf(slot)
    this.piece(slot).keep()
    this.generations.set(socket, (this.generations.get(socket) ?? 1) + 1)
  }

  readonly remove = (slot: string): void => {
    this.piece(slot).release()
  }

  readonly measure = (slot: string, state: GraftStateName): Figures => {
    const socket = this.piece(slot)
    const { thresholds } = this.input
    const { comparison, channels, conduct, mirrors } = socket
    const { written } = conduct
    const criticals = conduct.criticals.length
    const evidence = evidenceFigures(state, channels, comparison, thresholds.pass)
    switch (state) {
      case "dormant":
        return { declared: 1 }
      case "germinated":
        return {
          criticals,
          written,
          trialFailures: socket.trial?.failures ?? 0,
          // What may happen once only is not tried: gate G1 then asks a person.
          trialMissing: socket.trial?.missing ?? 0,
        }
      case "training": {
        const missing = this.missing(socket, "G1", thresholds.training.compared)
        return {
          criticals,
          written,
          comparisonsMissing: missing,
          ...evidence,
          ...(missing === 0 ? {} : { agreement: undefined }),
        }
      }
      case "shadowing": {
        const isWaived = !socket.canMirror && socket.waived.has("G3")
        const { lag } = socket.neighbours
        const tried = (mirrors?.run ?? 0) + (mirrors?.dropped ?? 0)
        return {
          criticals,
          comparisonsMissing: this.missing(socket, "G3", thresholds.shadowing.compared),
          ...evidence,
          ...(isWaived ? { agreementMissing: 0 } : {}),
          mirroredShare: tried === 0 ? 1 : (mirrors?.run ?? 0) / tried,
          // A loop that nothing is mirrored on is as late as it was.
          lagRatio: !socket.canMirror ? 1 : lag.isKnown ? lag.ratio : undefined,
        }
      }
      case "blending":
      case "probationary":
        return {
          criticals,
          ...evidence,
          calls: socket.calls,
          interference: socket.interference.ratio,
          alphaHold: this.holdsShare(slot, socket) ? 1 : 0,
        }
      case "resetting":
        return { ...socket.conduct.draining }
      default:
        return {}
    }
  }

  /** Comparisons that a gate still waits for. A signed waiver stands in the place of those that nobody may make. */
  private missing(socket: PipelineSocket, gate: string, wanted: number): number {
    if (!socket.canMirror && socket.waived.has(gate)) return 0
    return Math.max(0, wanted - (socket.comparison?.compared ?? 0))
  }

  /** The share waits for enough pairs, while the incumbent is slower beside the candidate, and for the tuning engine. */
  private holdsShare(slot: string, { share, pairsAtStep, interference }: PipelineSocket): boolean {
    const { shares, pairsPerStep, interference: most } = this.input.thresholds
    if (share > 0 && (pairsAtStep < pairsPerStep || interference.ratio > most)) return true
    // At the top, and on probation, there is no step to come.
    const next = shares.find((one) => one > share)
    return next !== undefined && !this.mayRise(slot, next)
  }
}

/** The sockets of the pieces, before anything is grown: callers get their functions from these. */
export const makeSockets = (pieces: ReadonlyArray<CheckedPiece>): ReadonlyMap<string, PipelineSocket> =>
  new Map(pieces.map((piece) => [piece.name, new PipelineSocket(piece)]))
