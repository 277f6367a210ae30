/**
 * Keys of a cluster's fleet, used from a process outside the cluster: a gateway process, a job, a browser. Digests leave in batches, and the knobs
 * of followed keys are read locally, with the order and the lease of a replica. Nothing waits for the cluster, and it holds no process open.
 */
import {
  MOST_IN_REQUEST,
  readFleetAnswer,
  type FleetAnswer,
  type FleetReport,
  type KeyDigest,
} from "../cohort/keyProtocol.ts"
import { knobHash } from "../cohort/knobHash.ts"
import { PROTOCOL } from "../cohort/protocol.ts"
import { type EngineConfig, parseEngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError } from "../domain/errors.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { problem, tidy } from "../domain/problems.ts"
import { type FleetCounts, FollowedKeys, type FollowedKey } from "./FollowedKeys.ts"
import { FollowLoop } from "./FollowLoop.ts"
import { isAddress } from "./replicaOptions.ts"
import { optionsOf, tokenProblems, unknownOptions } from "./replicaProblems.ts"
import { monotonicUs } from "./ReportLoop.ts"
import { httpLink, type Post, postByFetch, RefusedReport } from "./transport.ts"

/** Options of `followFleet`. */
export interface FollowOptions<K extends string = string> {
  /** Name of the fleet. */
  readonly fleet: string
  /** Addresses of gateways of its cluster. */
  readonly at: ReadonlyArray<string>
  /** A token for the fleet with the right `report`. */
  readonly token?: string | undefined
  /** Its knobs: what a key starts on, and what every answer is held against. */
  readonly params: Readonly<Record<K, KnobConfig>>
  /** The step limit of followed keys comes from these. */
  readonly guardrails?: EngineConfig["guardrails"] | undefined
}

/** The keys of a fleet, from outside its cluster. */
export interface FollowedFleet<K extends string = string> {
  /** Reads the knobs of a key locally; asks every 500 ms until it is stopped. */
  readonly follow: (key: string) => FollowedKey<K>
  /** Reports a digest for a key. It leaves with others within 100 ms; it may be lost, and `counts` says so. */
  readonly observe: (key: string, digest: DigestInput) => void
  /** What became of the digests of this process. */
  readonly counts: () => FleetCounts
  /** Why the last request came to nothing; null: it was answered. */
  readonly failure: () => string | null
  /** Sends the digests that wait. */
  readonly flush: () => Promise<void>
  /** Sends what waits and asks no more: keys go to their base, then to their baseline. */
  readonly stop: () => Promise<void>
}

const OPTIONS = ["fleet", "at", "token", "params", "guardrails"] as const satisfies ReadonlyArray<
  keyof FollowOptions
>
/** An answer that comes later is of no use. */
const TIMEOUT_MS = 2_000
/** A key without an answer may be one that has no room anywhere: other gateways are not tried for it all the time. */
const ELSEWHERE_US = 10_000_000

/** A digest as it is sent: numbers that JSON knows, and no time of a clock that the cluster does not have. Nothing for what is none. */
function wireDigest([key, digest, under]: KeyDigest): FleetReport["digests"] {
  const fields = (typeof digest === "object" && digest !== null ? digest : {}) as Readonly<
    Record<string, unknown>
  >
  const { objective, extras } = fields
  if (typeof key !== "string" || key === "" || key.length > 256) return []
  if (typeof objective !== "number" || !Number.isFinite(objective)) return []
  const finite = (from: object): Record<string, number> =>
    Object.fromEntries(
      Object.entries(from).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    )
  const { timestampUs: _stamp, generation: _generation, ...readings } = finite(fields)
  return [
    {
      ...readings,
      objective,
      key,
      ...(typeof extras === "object" && extras !== null && { extras: finite(extras) }),
      ...(under !== null && { at: under }),
    },
  ]
}

/** Uses keys of a cluster's fleet. Throws a ConfigError that lists every problem of the options. */
export function followFleet<const K extends string>(given: FollowOptions<K>): FollowedFleet<K> {
  return followOver(postByFetch, given)
}

/** As `followFleet`, with a way to post of the platform's own. */
export function followOver<const K extends string>(post: Post, given: FollowOptions<K>): FollowedFleet<K> {
  const options = optionsOf(given)
  const { fleet, at, token, params, guardrails = "balanced" } = options
  const settings = parseEngineConfig({ params, guardrails })
  const addresses = Array.isArray(at) ? at : []
  const wrong = [
    ...(typeof fleet === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(fleet)
      ? []
      : [problem(["fleet"], "must be the name of a fleet.")]),
    ...(addresses.length > 0
      ? []
      : [problem(["at"], "must be a list of addresses.", 'Give at: ["https://tuner.internal:7070"].')]),
    ...addresses.flatMap((one, i) =>
      isAddress(one)
        ? []
        : [problem(["at", i], "must be an address without a user.", "Begin it with https:// or http://.")],
    ),
    ...tokenProblems(token),
    ...unknownOptions(options, OPTIONS),
    ...(settings instanceof ConfigError ? settings.problems : []),
  ]
  if (wrong.length > 0 || settings instanceof ConfigError) throw new ConfigError({ problems: tidy(wrong) })
  const link = httpLink(addresses, token, post, `/arqon/fleets/${fleet}/report`)
  const table = knobHash(settings.space)
  let failure: string | null = null
  let waitUntilUs = 0
  let elsewhereUs = Number.NEGATIVE_INFINITY
  /** A gateway that is cut off from owners answers all the same. */
  const isElsewhere = ({ unreachable, keys: told }: FleetAnswer, follows: number): boolean => {
    const some = told.length < follows && monotonicUs() - elsewhereUs >= ELSEWHERE_US
    if (some) elsewhereUs = monotonicUs()
    return some || unreachable > 0 || (follows > 0 && told.length === 0)
  }
  const exchange = async (part: Pick<FleetReport, "digests" | "follow">): Promise<FleetAnswer | null> => {
    if (monotonicUs() < waitUntilUs) return null
    const asked = link.addresses.at
    try {
      const read = readFleetAnswer(await link.send({ protocol: PROTOCOL, table, ...part }, TIMEOUT_MS))
      failure = read.ok ? null : "the answer is none"
      if (!read.ok || isElsewhere(read.value, part.follow.length)) link.addresses.moveOn(asked)
      return read.ok ? read.value : null
    } catch (error) {
      failure = error instanceof Error ? error.message : "the request has failed"
      const retryMs = error instanceof RefusedReport ? error.retryAfterMs : null
      if (retryMs !== null) waitUntilUs = monotonicUs() + retryMs * 1000
      link.addresses.moveOn(asked)
      return null
    }
  }
  const keys = new FollowedKeys(
    settings,
    () => 0,
    {
      observe: async (_, batch) => {
        const digests = batch.flatMap(wireDigest)
        const answer = await exchange({ digests, follow: [] })
        // One that no gateway would read costs the others nothing.
        return answer && { ...answer, invalid: answer.invalid + batch.length - digests.length }
      },
      follow: async (_, names) => {
        const parts = Array.from({ length: Math.ceil(names.length / MOST_IN_REQUEST) }, (_part, i) =>
          exchange({ digests: [], follow: names.slice(i * MOST_IN_REQUEST, (i + 1) * MOST_IN_REQUEST) }),
        )
        return (await Promise.all(parts)).flatMap((answer) => answer?.keys ?? [])
      },
    },
    monotonicUs,
  )
  const loop = new FollowLoop(keys)
  loop.begin()
  return {
    follow: (key) => keys.follow(key),
    observe: (key, digest) => keys.observe(key, digest),
    counts: () => keys.counts,
    failure: () => failure,
    flush: () => keys.flush(),
    stop: () => loop.end(),
  }
}
