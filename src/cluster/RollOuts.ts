/**
 * The candidates that people roll out through one owner of a tuner: under which command one is on trial, what its owner leaves to the next
 * one, and what became of it. An owner that stops hands the trial over with its evidence; one that is killed ends it, because its replicas
 * go back to their baseline.
 */
import { type CanaryEnd, CanaryStateShape } from "../cohort/Canary.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { attempt } from "../domain/readInput.ts"
import { nullOr, number, object, record, type ShapeType, string } from "../domain/Shape.ts"
import type { TunerHost } from "../replica/TunerHost.ts"

/** What is to be rolled out: some knobs, user units, or an approved variant as a catalogue keeps it. */
export interface Candidate {
  readonly values?: unknown
  readonly variant?: unknown
}

/** A trial under way, as an owner leaves it. */
export const TrialShape = object({
  /** That of the command that began it. */
  key: string(),
  values: record(number()),
  /** JSON; null: a person's values. */
  variant: nullOr(string()),
  state: CanaryStateShape,
})
export interface TrialStanding extends ShapeType<typeof TrialShape> {}

export class RollOuts {
  private readonly host: TunerHost
  private onTrial: { readonly key: string; readonly variant: string | null } | null = null

  constructor(host: TunerHost) {
    this.host = host
  }

  /** That of the command whose candidate is on trial; null: there is none. */
  get key(): string | null {
    return this.onTrial?.key ?? null
  }

  /** Begins a trial, or says everything that is wrong with it. */
  begin(key: string, { values, variant }: Candidate): ReadonlyArray<Problem> {
    const refused = refusalOf(() =>
      variant === undefined ? this.host.rollOut(values as never) : this.host.rollOutVariant(variant),
    )
    if (refused.length === 0)
      this.onTrial = { key, variant: variant === undefined ? null : JSON.stringify(variant) }
    return refused
  }

  /** Goes on with a trial of the owner before. False: its candidate is none here, or nothing is tuned now. */
  resume({ key, values, variant, state }: TrialStanding): boolean {
    const given = variant === null ? null : attempt(() => JSON.parse(variant) as unknown)
    const refused = refusalOf(() => this.host.resumeTrial(values, given, state))
    if (refused.length === 0) this.onTrial = { key, variant }
    return refused.length === 0
  }

  /** What became of the trial, once, after it has ended. */
  ended(): { readonly key: string; readonly end: CanaryEnd } | null {
    const { onTrial } = this
    const end = this.host.loop.canary?.end ?? null
    if (onTrial === null || end === null) return null
    this.onTrial = null
    return { key: onTrial.key, end }
  }

  /** What the next owner needs to go on with the trial; null: there is none. */
  standing(): TrialStanding | null {
    const canary = this.host.loop.onTrial
    if (this.onTrial === null || canary === null) return null
    return { ...this.onTrial, values: this.host.named(canary.units), state: canary.save() }
  }
}

function refusalOf(act: () => void): ReadonlyArray<Problem> {
  try {
    act()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.length > 0 ? error.problems : [problem(["rollOut"], "is refused.")]
  }
}
