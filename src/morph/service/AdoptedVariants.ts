/**
 * Candidates as variants of a catalogue. A candidate on probation, or one that was kept, is drafted under its name with the engine's knobs
 * and what its duels have shown; somebody else approves it there, as any variant. An approval during probation is the command that gate G4
 * waits for. A candidate that is culled afterwards takes its approval with it.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { problem, show } from "../../domain/problems.ts"
import type {
  Evidence,
  RollbackPlan,
  VariantConstraint,
  VariantContent,
  VariantRecord,
} from "../../domain/Variant.ts"
import type { VariantCatalogue } from "../../engine/relocation/createVariantCatalogue.ts"
import { GATES } from "../contracts/enums.ts"
import type { Verdict } from "../contracts/Host.ts"
import type { PieceView } from "../growth/pieceView.ts"
import type { PipelineBoundary } from "../growth/PipelineCore.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { TuningEngine } from "./EngineHold.ts"

/** The part of a variant catalogue that a growing service needs. `createVariantCatalogue` makes one. */
export type AdoptingCatalogue = Pick<VariantCatalogue, "draft" | "revise" | "evaluate" | "get">

/** What becomes of a candidate in the catalogue. */
export interface VariantRequest {
  /** Its author, who cannot approve it. */
  readonly by: string
  readonly why: string
  /** What must hold while it is live; `[]` says that nothing must. */
  readonly constraints: ReadonlyArray<VariantConstraint>
  /** Where to go when it has to be left; to the one before, after two breaches, for ten minutes, if left out. */
  readonly rollback?: RollbackPlan
  /** Choices besides the socket's and the engine's knobs. */
  readonly values?: VariantContent["values"]
}

/** What the growth waits for in the catalogue. */
export interface VariantsView {
  /** Candidates on probation that stand there, by name. */
  readonly waiting: ReadonlyArray<string>
  /** Why the catalogue could not be read or written last; null where it could. */
  readonly problem: string | null
}

const BY = "growth"
/** Its place among the verdicts of a life. */
const G4 = GATES.indexOf("G4") - 1
const PLAN: RollbackPlan = { to: "previous", afterBreaches: 2, quarantineUs: 600_000_000 }
/** Characters of a note, and of a reason, that a catalogue takes. */
const MOST = 2_000

/** What the duels of a candidate have shown, and with which knobs. */
interface Seen {
  readonly name: string
  readonly isKept: boolean
  readonly channels: PieceView["channels"]
  readonly verdict: Verdict | null
  readonly knobs: Readonly<Record<string, number>>
}

interface Waiting {
  readonly name: string
  /** Who has said `fossilize`: nobody yet, this growth after an approval, or somebody else. */
  asked: "nobody" | "growth" | "others"
}

/** Gives a command in the name of the person who approved in the catalogue. */
export type Commands = (
  type: "fossilize" | "cancel",
  socket: string,
  signed: { readonly by: string; readonly why: string },
) => Promise<void>

export class AdoptedVariants {
  private readonly catalogue: AdoptingCatalogue
  private readonly engine: TuningEngine | undefined
  private readonly command: Commands
  /** By socket: the candidate on probation, or the last one that was kept. */
  private readonly seen = new Map<string, Seen>()
  /** By socket: candidates on probation that stand in the catalogue. */
  private readonly waiting = new Map<string, Waiting>()
  private problem: string | null = null
  private last: Promise<void> = Promise.resolve()

  constructor(catalogue: AdoptingCatalogue, engine: TuningEngine | undefined, command: Commands) {
    this.catalogue = catalogue
    this.engine = engine
    this.command = command
  }

  get view(): VariantsView {
    return { waiting: [...this.waiting.values()].map(({ name }) => name), problem: this.problem }
  }

  /** After each window. What is asked of the catalogue is asked one after the other, and never holds a window up. */
  follow({ moves, pieces }: PipelineBoundary): void {
    const knobs = this.engine?.getSnapshot().base ?? {}
    for (const { name: socket, state, candidate, channels, verdicts } of pieces)
      if (state === "probationary" && candidate !== null)
        this.seen.set(socket, {
          name: candidate,
          isKept: false,
          channels,
          verdict: verdicts[G4] ?? null,
          knobs,
        })
    for (const { slot, from, to, why, verdict } of moves) {
      const socket = socketOf(slot)
      const seen = this.seen.get(socket)
      if (from !== "probationary" || seen === undefined) continue
      const isKept = to === "fossilized"
      const channels = pieces.find(({ name }) => name === socket)?.channels ?? []
      const shown = channels.length === 0 ? seen.channels : channels
      const last: Seen = { ...seen, isKept, verdict: verdict ?? seen.verdict, knobs, channels: shown }
      if (isKept) this.seen.set(socket, last)
      else this.seen.delete(socket)
      if (this.waiting.delete(socket)) this.soon(() => this.ended(last, why))
    }
    for (const [socket, one] of this.waiting) this.soon(() => this.look(socket, one))
  }

  /** Drafts the candidate of a socket and adds the evidence for it. Throws a `GrowthError` where that is refused. */
  async add(socket: string, request: VariantRequest): Promise<VariantRecord> {
    const { by, why, constraints, rollback = PLAN, values = {} } = request ?? {}
    const seen = this.seen.get(socket)
    const problems: Array<Problem> = []
    if (seen === undefined)
      problems.push(
        problem(
          ["asVariant"],
          `No candidate of ${show(socket)} is on probation or was kept.`,
          "Wait until one is on probation.",
        ),
      )
    else if (evidenceOf(seen, true, socket) === null)
      problems.push(problem(["asVariant"], `${show(seen.name)} has had no duel yet.`, "Wait for its calls."))
    if (!Array.isArray(constraints))
      problems.push(problem(["constraints"], "are missing.", "Give [] where nothing has to hold."))
    if (seen !== undefined && socket in seen.knobs)
      problems.push(
        problem(
          ["asVariant"],
          `${show(socket)} is a knob of the engine too, and a variant has one value for a name.`,
          "Name the socket otherwise.",
        ),
      )
    if (problems.length > 0 || seen === undefined) throw new GrowthError({ problems })
    const content = { values: { ...seen.knobs, ...values, [socket]: seen.name }, constraints, rollback }
    const evidence = evidenceOf(seen, true, `duels of the socket ${socket}`)
    try {
      // A draft without evidence is what a call left that was broken off.
      const isLeft = (await this.catalogue.get(seen.name))?.state === "draft"
      await this.catalogue[isLeft ? "revise" : "draft"](seen.name, content, { by, why })
      const record = await this.catalogue.evaluate(seen.name, evidence as Evidence, { by, why })
      const now = this.seen.get(socket)
      if (now?.name !== seen.name) await this.ended(seen, "it was culled meanwhile")
      else if (!now.isKept) this.waiting.set(socket, { name: seen.name, asked: "nobody" })
      return record
    } catch (error) {
      throw new GrowthError({ problems: [problem(["variants"], messageOf(error))] })
    }
  }

  /** Resolves when the catalogue has been told everything. */
  async close(): Promise<void> {
    await this.last
  }

  /** Whether somebody has approved it by now, or taken that back. */
  private async look(socket: string, one: Waiting): Promise<void> {
    const approval = (await this.catalogue.get(one.name))?.approval ?? null
    if (this.waiting.get(socket) !== one) return
    if (approval !== null && one.asked === "nobody") {
      const why = `approved in the catalogue: ${approval.why}`
      // It is refused where somebody has asked for it already: then it is not for this to take back.
      one.asked = await this.command("fossilize", socket, { by: approval.by, why }).then(
        () => "growth" as const,
        () => "others" as const,
      )
    } else if (approval === null && one.asked === "growth") {
      one.asked = "nobody"
      await this.command("cancel", socket, { by: BY, why: "it is not approved in the catalogue any more" })
    }
  }

  /** Evidence against a candidate takes its approval away. */
  private async ended(seen: Seen, why: string): Promise<void> {
    const { isKept, name } = seen
    const evidence = evidenceOf(seen, isKept, isKept ? "the candidate was kept" : "the candidate was culled")
    if (evidence !== null) await this.catalogue.evaluate(name, evidence, { by: BY, why: why.slice(0, MOST) })
  }

  private soon(act: () => Promise<void>): void {
    this.last = this.last.then(act).then(
      () => void (this.problem = null),
      (error: unknown) => void (this.problem = messageOf(error)),
    )
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const short = (value: number | null): string =>
  value === null ? "not measured" : String(Number(value.toPrecision(4)))

/** The time of the candidate over that of the incumbent in the same seconds, or what it adds to the rate of errors; null before a duel. */
function evidenceOf({ channels, verdict }: Seen, constraintsHeld: boolean, source: string): Evidence | null {
  const [main] = channels.filter(({ pairs }) => pairs > 0)
  if (main === undefined) return null
  const shown = channels.map(
    ({ channel, pairs, effect, worse, within }) =>
      `${channel}: ${pairs} pairs, ${short(effect)}, worse ${short(worse)}, within the margin ${short(within)}`,
  )
  const findings = (verdict?.findings ?? []).map(
    ({ figure, value, answer }) => `G4 ${figure} ${short(value)}: ${answer}`,
  )
  return {
    source: `${source} (${main.channel})`,
    mean: main.effect,
    standardError: main.standardError,
    readings: main.pairs,
    against: { mean: main.channel === "errors" ? 0 : 1, standardError: 0, readings: main.pairs },
    constraintsHeld,
    note: [...shown, ...findings].join("\n").slice(0, MOST),
  }
}
