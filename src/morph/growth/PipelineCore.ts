/**
 * A service that grows, without timers or promises: lives of candidates, one boundary per evaluation window, and what a person asks.
 * What was measured at a boundary decides it, so a record of figures and commands repeats every transition.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import type { Figures } from "../contracts/Host.ts"
import type { GraftCommand, GraftMove } from "../grafting/graftEvents.ts"
import { type GraftRefusal, GraftTable } from "../grafting/GraftTable.ts"
import type { GraftingInput } from "../grafting/options.ts"
import { isLive } from "../grafting/transitions.ts"
import type { EvidenceTape, WindowTapes } from "../pipeline/EvidenceTape.ts"
import { type CallWatch, NO_WATCH } from "../pipeline/CallWatch.ts"
import type { PipelineClock } from "../pipeline/PipelineClock.ts"
import { PipelineHost } from "../pipeline/PipelineHost.ts"
import { MOST_CRITICAL, type PipelineThresholds } from "../pipeline/pipelineOptions.ts"
import type { PipelineSocket } from "../pipeline/PipelineSocket.ts"
import type { AnyFunction } from "../pipeline/pieces.ts"
import type { CandidateModule, Quarantine } from "../pipeline/Quarantine.ts"
import { causeOf, lifeView, type PieceView } from "./pieceView.ts"

/** One evaluation window, as it ended. */
export interface PipelineBoundary {
  readonly boundary: number
  readonly moves: ReadonlyArray<GraftMove>
  readonly refused: ReadonlyArray<GraftRefusal>
  readonly pieces: ReadonlyArray<PieceView>
}

/** A candidate that asks for a place. */
export interface CandidateRequest<F extends AnyFunction = AnyFunction> {
  /** The new implementation, or the module that exports it: that one is tried in a thread of its own before it is loaded (Node only). */
  readonly candidate: F | CandidateModule
  /** What it is called in records. */
  readonly name: string
  readonly why: string
  readonly by?: string
  /** For effects that may happen once only: what the candidate would answer, without doing anything. */
  readonly dryRun?: F
}

/** A person answers for what a gate cannot measure. */
export interface Waiver {
  readonly by: string
  readonly why: string
}

const NOT_LOADED = (): never => {
  throw new Error("The candidate's module has not been loaded.")
}

export const WAIVABLE = ["G1", "G3"] as const
/** A gate that a person can sign for. */
export type Waivable = (typeof WAIVABLE)[number]

/** Windows of a second: an hour, a day, a week. */
const HOUR = 3_600
const DAY = 24 * HOUR

/** What of the life is different for a service: time counts in windows, and there is no hurry. */
export function pipelineGrafting(given: GraftingInput | undefined, { shares }: PipelineThresholds): unknown {
  const { stays = {}, embargo = {}, ...rest } = given ?? {}
  const least = (least: number, most: number, own: object | undefined) => ({ least, most, ...own })
  return {
    ...rest,
    alpha: { rungs: shares },
    embargo: { boundaries: 600, factor: 2, most: DAY, ...embargo },
    stays: {
      ...stays,
      germinated: least(0, HOUR, stays.germinated),
      training: least(0, DAY, stays.training),
      blending: least(0, 7 * DAY, stays.blending),
      shadowing: least(0, DAY, stays.shadowing),
      probationary: least(600, 10 * DAY, stays.probationary),
    },
  }
}

export interface PipelineCoreInput {
  readonly sockets: ReadonlyMap<string, PipelineSocket>
  readonly clock: PipelineClock
  /** Sees what calls leave behind; nobody does where it is left out. */
  readonly watch?: CallWatch
  readonly seed: number
  readonly thresholds: PipelineThresholds
  readonly grafting?: GraftingInput | undefined
  /** Makes what evidence is written down on; none is where it is left out. */
  readonly tape?: (() => EvidenceTape) | undefined
  /** A candidate was culled between two boundaries. */
  readonly faulted?: (slot: string, what: string, after: number) => void
}

export class PipelineCore {
  readonly host: PipelineHost
  readonly table: GraftTable
  private readonly input: PipelineCoreInput
  /** What the evidence of the last window was made from, by slot. */
  tapes: ReadonlyArray<readonly [string, WindowTapes]> = []
  private plantings = 0
  private faults: ReadonlyArray<GraftMove> = []

  constructor(input: PipelineCoreInput) {
    this.input = input
    this.host = new PipelineHost({
      pieces: input.sockets,
      clock: input.clock,
      watch: input.watch ?? NO_WATCH,
      seed: input.seed,
      thresholds: input.thresholds,
      tape: input.tape ?? null,
      cullNow: (slot) => this.cullNow(slot),
    })
    this.table = new GraftTable({
      host: this.host,
      options: pipelineGrafting(input.grafting, input.thresholds),
    })
  }

  /** Ends a window. With `holds` nothing moves on; what fails is culled. */
  next(holds = false): PipelineBoundary {
    const boundary = this.table.boundary + 1
    this.host.endWindow(boundary)
    // Before the boundary: a candidate that moves on begins other evidence.
    this.tapes = this.host.takeTapes()
    const { moves, refusals: refused } = this.table.atBoundary(boundary, { holds })
    const { faults } = this
    this.faults = []
    this.forget()
    return { boundary, moves: [...faults, ...moves], refused, pieces: this.views }
  }

  /** The figures that the last boundary was decided by, of every slot that had some. */
  get figures(): ReadonlyArray<readonly [string, Figures]> {
    return this.table.lives.flatMap(({ slot }) => {
      const figures = this.table.figuresOf(slot)
      return Object.keys(figures).length === 0 ? [] : [[slot, figures] as const]
    })
  }

  /** Asks for a candidate to be tried. Throws with every problem. */
  germinate(socket: string, request: CandidateRequest, quarantine: Quarantine | null = null): GraftCommand {
    this.check(socket, request)
    const { candidate, name, why, by, dryRun = null } = request
    if (quarantine === null && typeof candidate !== "function")
      throw growthProblem("candidate", "must be a function: there are no threads here.", "Import it first.")
    // Nothing calls it before it is loaded.
    const fn = typeof candidate === "function" ? candidate : NOT_LOADED
    const graft = `g${this.plantings + 1}`
    const command: GraftCommand = {
      type: "germinate",
      why,
      ...(by === undefined ? {} : { by }),
      planting: { graft, blueprint: name, parameters: {}, operator: "convex", owner: by ?? "a person" },
    }
    this.ask(socket, command)
    this.plantings++
    this.host.candidates.set(graft, { name, fn, dryRun, quarantine })
    return command
  }

  /** Throws with every problem of what is asked, before anything is begun. */
  check(socket: string, request: CandidateRequest): void {
    const problems = [...requestProblems(request), ...this.unknown(socket)]
    if (problems.length > 0) throw new GrowthError({ problems })
  }

  /** Asks something of a candidate; the next boundary decides. Throws where it is refused, and then nothing has changed. */
  ask(socket: string, command: GraftCommand): void {
    const unknown = this.unknown(socket)
    const before = [...unknown, ...signerProblems(command.by)]
    const problems = before.length > 0 ? before : this.table.command(this.host.slot(socket), command)
    if (problems.length > 0) throw new GrowthError({ problems })
  }

  /** A person signs for what cannot be measured of a candidate whose effects may happen once only. */
  waive(socket: string, gate: unknown, waiver: Waiver): void {
    const problems = [...this.unknown(socket)]
    for (const field of ["by", "why"] as const)
      if (typeof waiver?.[field] !== "string" || waiver[field].trim() === "")
        problems.push(problem([field], "is missing.", "A waiver is signed and says why."))
    if (!WAIVABLE.includes(gate as Waivable))
      problems.push(problem(["gate"], `${show(gate)} cannot be waived.`, didYouMean(gate, WAIVABLE)))
    if (problems.length === 0) {
      const piece = this.host.piece(socket)
      if (piece.candidate === null)
        problems.push(
          problem(["waive"], `Nothing is planted in ${JSON.stringify(socket)}.`, "Germinate first."),
        )
      else if (piece.canMirror)
        problems.push(
          problem(
            ["waive"],
            `${show(gate)} can be measured: the candidate is mirrored.`,
            "Let the gate decide.",
          ),
        )
    }
    if (problems.length > 0) throw new GrowthError({ problems })
    this.host.piece(socket).waived.add(gate as Waivable)
  }

  get views(): ReadonlyArray<PieceView> {
    return [...this.input.sockets.keys()].map((name) => this.viewOf(name))
  }

  private viewOf(name: string): PieceView {
    const piece = this.host.piece(name)
    const slot = this.host.slot(name)
    const life = this.table.lives.find((one) => one.slot === slot)
    const { comparison, mirrors, farMirrors, duels, channels, candidate } = piece
    return {
      ...lifeView(name, slot, life, this.table.embargoes),
      incumbent: piece.incumbentName,
      candidate: candidate?.name ?? life?.planting?.blueprint ?? null,
      share: piece.share,
      quiet: piece.isQuiet,
      calls: piece.calls,
      inFlight: piece.conduct.inFlight,
      mirrored: mirrors?.run ?? 0,
      dropped: mirrors?.dropped ?? 0,
      leftOut: mirrors?.leftOut ?? 0,
      mirroredIn: mirrors === null ? null : farMirrors?.isOn === true ? "thread" : "process",
      uncopied: farMirrors?.uncopied ?? 0,
      turnedAway: duels?.turnedAway ?? 0,
      compared: comparison?.compared ?? 0,
      agreement: comparison?.agreement ?? 1,
      disagreements: [...(comparison?.disagreements ?? [])],
      channels: channels?.views ?? [],
      interference: piece.interference.ratio,
      criticals: [...piece.conduct.criticals],
      waived: [...piece.waived],
      cause: causeOf(life, piece),
      problems: piece.declared.problemsNow(piece.pairsOfUsers),
    }
  }

  /** A candidate that was let on by a window that is in no record is taken out; one that was kept stays. */
  withdraw(socket: string, boundary: number): void {
    const slot = this.host.slot(socket)
    if (!isLive(this.table.lifeOf(slot).state)) return
    const what = `window ${boundary}, which let it on, could not be recorded`
    this.faults = [...this.faults, ...this.table.fault(slot, "critical", what)]
  }

  private cullNow(slot: string): void {
    const { conduct } = this.host.piece(slot)
    const { criticals } = conduct
    if (criticals.length <= MOST_CRITICAL || !isLive(this.table.lifeOf(slot).state)) return
    const what = `${criticals.length} critical events, the last one: it ${criticals.at(-1)}${conduct.commonestFault(criticals.at(-1))}`
    this.faults = [...this.faults, ...this.table.fault(slot, "critical", what)]
    this.input.faulted?.(slot, what, this.table.boundary)
  }

  /** Candidates that are no longer asked for nor planted. */
  private forget(): void {
    const alive = new Set(this.table.lives.map(({ planting }) => planting?.graft))
    for (const [graft, { quarantine }] of this.host.candidates) {
      if (alive.has(graft)) continue
      quarantine?.close()
      this.host.candidates.delete(graft)
    }
  }

  private unknown(socket: string): ReadonlyArray<Problem> {
    const known = [...this.input.sockets.keys()]
    return known.includes(socket)
      ? []
      : [problem(["socket"], `There is no socket ${show(socket)}.`, didYouMean(socket, known))]
  }
}

/** Who asks may be left out, but is somebody where it is given. */
const signerProblems = (by: unknown): ReadonlyArray<Problem> =>
  by === undefined || (typeof by === "string" && by.trim() !== "" && by.length <= 200)
    ? []
    : [problem(["by"], `must be 1 to 200 characters, not ${show(by)}.`, "Say who asks, or leave it out.")]

function requestProblems(request: CandidateRequest): ReadonlyArray<Problem> {
  if (typeof request !== "object" || request === null)
    return [
      problem(["germinate"], `needs an object, not ${show(request)}.`, "Give { candidate, name, why }."),
    ]
  const { candidate, dryRun, name, why, by } = request
  return [
    ...candidateProblems(candidate),
    ...(dryRun === undefined || typeof dryRun === "function"
      ? []
      : [problem(["dryRun"], `must be a function, not ${show(dryRun)}.`, "Leave it out.")]),
    ...(typeof name === "string" && name.trim() !== "" && name.length <= 128
      ? []
      : [problem(["name"], `must be 1 to 128 characters, not ${show(name)}.`, "Name the candidate.")]),
    ...signerProblems(by),
    ...(typeof why === "string" && why.trim() !== "" ? [] : [problem(["why"], "is missing.", "Say why.")]),
  ]
}

function candidateProblems(candidate: unknown): ReadonlyArray<Problem> {
  if (typeof candidate === "function") return []
  if (typeof candidate !== "object" || candidate === null || !("module" in candidate))
    return [
      problem(
        ["candidate"],
        `must be a function, not ${show(candidate)}.`,
        "Give the new implementation, or { module, export }.",
      ),
    ]
  const { module, export: name } = candidate as Partial<Record<keyof CandidateModule, unknown>>
  return [
    ...(module instanceof URL || (typeof module === "string" && URL.canParse(module))
      ? []
      : [
          problem(
            ["candidate", "module"],
            `must be an absolute URL, not ${show(module)}.`,
            'Give new URL("./search.js", import.meta.url).',
          ),
        ]),
    ...(typeof name === "string" && name !== ""
      ? []
      : [problem(["candidate", "export"], `must be the name of an export, not ${show(name)}.`)]),
  ]
}
