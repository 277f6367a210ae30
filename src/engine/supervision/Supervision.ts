/**
 * Who may be started anew, how often, and how often it was: one-for-one supervision with bounded intensity, as OTP has it,
 * over values. Deaths are noted with the engine's own time, so a test needs no clock and a replay counts the same.
 */
import { problem } from "../../domain/problems.ts"
import { ConfigError } from "../../domain/errors.ts"

/** So many restarts of one child within so long; one more is a case for a person. */
export interface Intensity {
  readonly restarts: number
  readonly withinUs: number
}

export const DEFAULT_INTENSITY: Intensity = { restarts: 3, withinUs: 60_000_000 }

/** How a child was found to be dead: it threw, it ended by itself, it does not answer, its state is no state. */
export type DeathReason = "threw" | "ended" | "hung" | "badState"

/** What a fiber fails with when it finds that a part of it does not answer. */
export class Hung {
  readonly detail: string

  constructor(detail: string) {
    this.detail = detail
  }
}

/** A death as it is reported: in the snapshot, in the audit, in the error of an escalation. */
export interface Death {
  readonly child: string
  readonly reason: DeathReason
  readonly detail: string
}

/** Restarts of one child for one reason since the engine was made. */
export interface RestartCount {
  readonly child: string
  readonly reason: DeathReason
  readonly count: number
}

/** The part of a child spec that decides on restarts. */
export interface SupervisedName {
  readonly name: string
  readonly intensity?: Intensity | undefined
}

/** Checks specs before anything starts; null when they can be used. */
export function checkSpecs(specs: ReadonlyArray<SupervisedName>): ConfigError | null {
  const problems = specs.flatMap(({ name, intensity = DEFAULT_INTENSITY }, i) => {
    const path = ["children", name === "" ? i : name]
    const { restarts, withinUs } = intensity
    return [
      ...(name === "" ? [problem(path, "must have a name.")] : []),
      ...(specs.findIndex((other) => other.name === name) < i
        ? [problem(path, "appears twice.", "Give every sink a unique name.")]
        : []),
      ...(Number.isInteger(restarts) && restarts >= 0 && withinUs > 0
        ? []
        : [
            problem(
              [...path, "intensity"],
              "must be a whole number of restarts from 0, within a time above 0.",
            ),
          ]),
    ]
  })
  return problems.length === 0 ? null : new ConfigError({ problems })
}

export class Supervision {
  private readonly intensities = new Map<string, Intensity>()
  /** Times of the latest deaths by child, at most one more than its intensity allows. */
  private readonly deathsUs = new Map<string, ReadonlyArray<number>>()
  private readonly counts = new Map<string, RestartCount>()

  /** Takes note of how often a child may die; one that nobody told of has the default. */
  expect(specs: ReadonlyArray<SupervisedName>): void {
    for (const { name, intensity } of specs) {
      if (intensity !== undefined) this.intensities.set(name, intensity)
    }
  }

  /** A child died: whether it is to be started anew. Restarts are counted, escalations are not. */
  died({ child, reason }: Death, nowUs: number): "restart" | "escalate" {
    const { restarts, withinUs } = this.intensities.get(child) ?? DEFAULT_INTENSITY
    const before = this.deathsUs.get(child) ?? []
    const deaths = [...before.filter((at) => at > nowUs - withinUs), nowUs].slice(-restarts - 1)
    this.deathsUs.set(child, deaths)
    if (deaths.length > restarts) return "escalate"
    const key = `${child} ${reason}`
    this.counts.set(key, { child, reason, count: (this.counts.get(key)?.count ?? 0) + 1 })
    return "restart"
  }

  /** A person has looked at it: this child, or every one, begins anew with all its restarts. */
  forgive(child?: string): void {
    if (child === undefined) this.deathsUs.clear()
    else this.deathsUs.delete(child)
  }

  /** A child is gone for good: another one of its name begins with no history. */
  forget(child: string): void {
    this.forgive(child)
    for (const [key, count] of this.counts) if (count.child === child) this.counts.delete(key)
  }

  restarts(): ReadonlyArray<RestartCount> {
    return Array.from(this.counts.values())
  }
}
