/** What is wrong with the options of a cluster, apart from those of its gateway, its node and its fleets. */
import { CohortShape } from "../../cohort/cohortOptions.ts"
import { EngineConfigShape } from "../../domain/configSchema.ts"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { didYouMean, pathText, problem } from "../../domain/problems.ts"
import { optionsOf, partProblems } from "../../replica/replicaProblems.ts"
import { ABSENT } from "../../replica/tunerOptions.ts"
import { TunerHost } from "../../replica/TunerHost.ts"
import { LOCK_TIMES, type LockTimes } from "../runners.ts"
import type { TunerConfig } from "../tunerEntity.ts"

/** Tuners by their names, and that there is anything to own. */
export const ownedProblems = ({
  tuners,
  fleets,
}: {
  readonly tuners?: Readonly<Record<string, TunerConfig>>
  readonly fleets?: object
}): ReadonlyArray<Problem> =>
  typeof (tuners ?? {}) !== "object" || Object.keys({ ...tuners, ...fleets }).length === 0
    ? [problem(["tuners"], "must have at least one tuner by its name, or `fleets` a fleet.")]
    : Object.entries(tuners ?? {}).flatMap(([name, config]) => tunerProblems(name, optionsOf(config)))

const TUNER_OPTIONS: ReadonlyArray<string> = ["engine", "replicas", "sinks"] satisfies ReadonlyArray<
  keyof TunerConfig
>

function tunerProblems(name: string, config: TunerConfig): ReadonlyArray<Problem> {
  const unknown = Object.keys(config)
    .filter((key) => !TUNER_OPTIONS.includes(key))
    .map((key) =>
      problem(["tuners", name, key], "is not an option of a cluster's tuner.", remedyFor(name, key)),
    )
  const own = Object.entries(config).filter(([key]) => TUNER_OPTIONS.includes(key))
  try {
    void new TunerHost({ ...(Object.fromEntries(own) as unknown as TunerConfig), name })
    return unknown
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [...unknown, ...error.problems.map((one) => problemAt(["tuners", name], one))]
  }
}

/** Options of `createTuner` that a cluster would pass over, and what it has instead. */
const ELSEWHERE = new Map([
  ["name", "Leave it out: its key in `tuners` is its name."],
  ["state", "Leave it out: `storage` of the cluster keeps where a tuner stands."],
  ["epoch", "Leave it out: the cluster counts epochs in its storage."],
  ["token", "Leave it out, and give `gateway.tokens`."],
])

/** What a person meant by an option that a tuner does not have: one of its own, or one of its parts. */
function remedyFor(tuner: string, key: string): string | null {
  const own = ELSEWHERE.get(key)
  if (own !== undefined) return own
  const part = Object.hasOwn(CohortShape.fields, key)
    ? "replicas"
    : Object.hasOwn(EngineConfigShape.fields, key) && !ABSENT.some((one) => one === key)
      ? "engine"
      : null
  return part === null
    ? didYouMean(key, TUNER_OPTIONS)
    : `It belongs at ${pathText(["tuners", tuner, part, key])}.`
}

/** The same problem, of a part that is at `path` in the whole. */
export function problemAt(path: ReadonlyArray<PropertyKey>, one: Problem): Problem {
  const whole = problem(path, one.message, one.suggestion)
  return one.path === "" ? whole : { ...whole, path: `${whole.path}.${one.path}` }
}

const LOCK_OPTIONS = ["expirationMs", "refreshMs", "selfFence"] as const satisfies ReadonlyArray<
  keyof LockTimes
>

/** Locks are refreshed at least three times before they expire, and a tuner gets a new owner well before its replicas fall. */
export const locksProblems = (locks: Partial<LockTimes> = {}): ReadonlyArray<Problem> =>
  partProblems(["locks"], locks, LOCK_OPTIONS, () => {
    const { expirationMs, refreshMs } = { ...LOCK_TIMES, ...locks }
    return [
      ...(expirationMs >= LEAST_EXPIRATION_MS && expirationMs <= MOST_EXPIRATION_MS
        ? []
        : [
            problem(
              ["locks", "expirationMs"],
              `must be from ${LEAST_EXPIRATION_MS} to ${MOST_EXPIRATION_MS}.`,
            ),
          ]),
      ...(refreshMs >= 100 && 3 * refreshMs <= expirationMs
        ? []
        : [problem(["locks", "refreshMs"], "must be from 100 to a third of expirationMs.")]),
    ]
  })
const LEAST_EXPIRATION_MS = 1_500
/** A tuner without an owner for longer would let its replicas fall to their baseline: `baselineAfterMs` is at least 20,000. */
const MOST_EXPIRATION_MS = 15_000
