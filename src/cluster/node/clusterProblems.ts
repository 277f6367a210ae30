/** What is wrong with the options of a cluster, apart from those of its gateway, its node and its fleets. */
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { TunerHost } from "../../replica/TunerHost.ts"
import type { LockTimes } from "../runners.ts"
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
    : Object.entries(tuners ?? {}).flatMap(([name, config]) => {
        try {
          void new TunerHost({ ...config, name })
          return ELSEWHERE.filter(([option]) => Object.hasOwn(config, option)).map(([option, remedy]) =>
            problem(["tuners", name, option], "is not an option of a cluster's tuner.", remedy),
          )
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          return error.problems.map((one) => problemAt(["tuners", name], one))
        }
      })

/** Options of `createTuner` that a cluster would pass over, and what it has instead. */
const ELSEWHERE = [
  ["state", "Leave it out: `storage` of the cluster keeps where a tuner stands."],
  ["epoch", "Leave it out: the cluster counts epochs in its storage."],
  ["token", "Leave it out, and give `gateway.tokens`."],
] as const

/** That `storage` is one, and not the url or the path of one. What was given is not shown: a url may hold a password. */
export const storageProblems = (storage: unknown): ReadonlyArray<Problem> =>
  typeof storage === "object" && storage !== null && "connect" in storage && "name" in storage
    ? []
    : [problem(["storage"], "must be a storage.", "Give sqlite(file) or postgres({ url }) of arqon/cluster.")]

/** The same problem, of a part that is at `path` in the whole. */
export function problemAt(path: ReadonlyArray<PropertyKey>, one: Problem): Problem {
  const whole = problem(path, one.message, one.suggestion)
  return one.path === "" ? whole : { ...whole, path: `${whole.path}.${one.path}` }
}

/** Locks are refreshed at least three times before they expire, and a tuner gets a new owner well before its replicas fall. */
export const locksProblems = ({ expirationMs, refreshMs }: LockTimes): ReadonlyArray<Problem> => [
  ...(expirationMs >= LEAST_EXPIRATION_MS && expirationMs <= MOST_EXPIRATION_MS
    ? []
    : [problem(["locks", "expirationMs"], `must be from ${LEAST_EXPIRATION_MS} to ${MOST_EXPIRATION_MS}.`)]),
  ...(refreshMs >= 100 && 3 * refreshMs <= expirationMs
    ? []
    : [problem(["locks", "refreshMs"], "must be from 100 to a third of expirationMs.")]),
]
const LEAST_EXPIRATION_MS = 1_500
/** A tuner without an owner for longer would let its replicas fall to their baseline: `baselineAfterMs` is at least 20,000. */
const MOST_EXPIRATION_MS = 15_000
