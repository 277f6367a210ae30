/**
 * A tuning engine on the service that grows: the two would measure each other. While a ramp or a full mirror is on, the engine stands in
 * SafeMode on its base, by a manual trip with a note of the growth's; every step of a share and every adoption trips it, which begins
 * a generation. The reset afterwards begins its comparison with the baseline anew.
 *
 * What others do goes before: SafeMode that was open already is left alone, and after a command of somebody else's during the hold (the
 * generation shows it) the engine waits for that person's reset.
 */
import type { Problem } from "../../domain/Problem.ts"
import { problem, show } from "../../domain/problems.ts"
import type { PieceView } from "../growth/pieceView.ts"

/** The part of a tuning engine that a growing service needs. Engines made by `createEngine` have it. */
export interface TuningEngine {
  readonly generation: number
  readonly getSnapshot: () => {
    readonly status: "idle" | "running" | "stopped"
    readonly mode: "adapting" | "safe"
    /** Knobs without a perturbation, for a variant of the catalogue. */
    readonly base?: Readonly<Record<string, number>>
  }
  readonly trip: (note: { readonly by: string; readonly note: string }) => void
  readonly reset: (note: { readonly by: string; readonly note: string }) => void
}

/** What the growth does to the tuning engine now. */
export interface EngineView {
  /** The engine's cycle stands still because of this growth. */
  readonly held: boolean
  /** Why it does not although it should, or is not let go; null where all is as it should be. Shares do not rise meanwhile. */
  readonly problem: string | null
}

const BY = "growth"

/** What is wrong with an engine, by field. */
export function engineProblems(engine: unknown): ReadonlyArray<Problem> {
  const given = engine as Partial<Record<string, unknown>> | null | undefined
  const missing = ["getSnapshot", "trip", "reset"].filter((call) => typeof given?.[call] !== "function")
  if (missing.length === 0 && typeof given?.["generation"] === "number") return []
  return [
    problem(
      ["engine"],
      typeof engine === "object" && engine !== null
        ? `lacks ${[...missing, ...(typeof given?.["generation"] === "number" ? [] : ["generation"])].join(", ")}.`
        : `must be an engine, not ${show(engine)}.`,
      "Give what createEngine makes, or leave it out.",
    ),
  ]
}

/** What the engine must not measure across: who answers, and by what share. */
type Standing = ReadonlyArray<Pick<PieceView, "name" | "incumbent" | "share">>
const standingOf = (pieces: Standing): Standing =>
  pieces.map(({ name, incumbent, share }) => ({ name, incumbent, share }))

const isBusy = ({ state }: PieceView): boolean => state === "blending" || state === "shadowing"

export class EngineHold {
  private readonly engine: TuningEngine
  /** The last standing that began a generation of its own. */
  private standing: Standing
  /** The generation that the engine was left in; null where it is not held by this. */
  private left: number | null = null
  private problem: string | null = null
  /** Why it refused a step of the window that ends now. */
  private refusal: string | null = null

  constructor(engine: TuningEngine, pieces: ReadonlyArray<PieceView>) {
    this.engine = engine
    this.standing = standingOf(pieces)
  }

  get view(): EngineView {
    return { held: this.left !== null, problem: this.problem }
  }

  /**
   * Before a share rises: begins the generation of that step. False where the engine refuses, and then the share has to stay.
   * @param share what it rises to
   */
  mayRise(name: string, share: number): boolean {
    const { status, mode } = this.engine.getSnapshot()
    if (status !== "running") return true
    if (mode === "adapting") this.left = null
    // It stands still for a reason of its own.
    else if (this.left === null) return true
    if (!this.tries(() => this.trip(`${name} is blending, share ${share}`))) {
      this.refusal = this.problem
      return false
    }
    this.standing = this.standing.map((one) => (one.name === name ? { ...one, share } : one))
    return true
  }

  /** After each window: holds, steps or lets go. */
  follow(pieces: ReadonlyArray<PieceView>): void {
    this.problem = this.refusal
    this.refusal = null
    const { status, mode } = this.engine.getSnapshot()
    if (status !== "running") {
      this.left = null
      return
    }
    // Somebody else has let it go.
    if (mode === "adapting") this.left = null
    const standing = standingOf(pieces)
    const busy = pieces.find(isBusy)
    const isStep = JSON.stringify(standing) !== JSON.stringify(this.standing)
    // It stands still already, for a reason of its own, and begins anew when that is over.
    if (mode === "safe" && this.left === null) return
    if (isStep || (busy !== undefined && this.left === null)) {
      const why = busy === undefined ? "who answers has changed" : `${busy.name} is ${busy.state}`
      if (!this.tries(() => this.trip(`${why}, share ${busy?.share ?? 0}`))) return
      this.standing = standing
    }
    if (busy === undefined) this.letGo("the share of every candidate is fixed")
  }

  /** Lets the engine go, where this holds it. */
  letGo(why: string): void {
    const { engine, left } = this
    if (left === null) return
    if (engine.getSnapshot().status !== "running") {
      this.left = null
      return
    }
    if (engine.generation !== left) {
      this.problem = "Somebody else has given the engine a command during the hold: it waits for a reset."
      return
    }
    if (this.tries(() => engine.reset({ by: BY, note: why }))) this.left = null
  }

  private trip(note: string): void {
    const { engine, left } = this
    const isOurs = left === null || engine.generation === left
    engine.trip({ by: BY, note })
    // After a command of somebody else's no generation is ours any more.
    if (isOurs) this.left = engine.generation
  }

  private tries(act: () => void): boolean {
    try {
      act()
      return true
    } catch (error) {
      this.problem = String(error)
      return false
    }
  }
}
