/** The fleets of a cluster as a program sees them: how they are configured, and the way from this process to their keys. */
import type { FleetAnswer, FleetReport, KeyAnswer, KeyDigest } from "../../cohort/keyProtocol.ts"
import { knobHash } from "../../cohort/knobHash.ts"
import { PROTOCOL } from "../../cohort/protocol.ts"
import type { DigestInput } from "../../domain/Digest.ts"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { type FleetConfig, parseFleetConfig } from "../../domain/FleetConfig.ts"
import { didYouMean, problem } from "../../domain/problems.ts"
import type { AuditSink } from "../../engine/audit/AuditSink.ts"
import { sinkProblems } from "../../engine/audit/sinkProblems.ts"
import type { BucketView, KeyView } from "../BucketOwner.ts"
import type { ServedFleet } from "../bucketEntity.ts"
import { FleetSinks } from "../FleetSinks.ts"
import { KEY_COMMANDS, type KeyCommand, type KeyCommandName, type KeyDone } from "../keyStanding.ts"
import { KEPT_RECORDS, type KeptRecords } from "../records/BucketRecords.ts"
import { watchProblems } from "../watchedCore.ts"
import { problemAt } from "./clusterProblems.ts"
import { type CommandNote, saidOf } from "./commandNote.ts"
import { bucketOf } from "../Fleets.ts"
import {
  type FleetCounts,
  type FleetWay,
  FollowedKeys,
  type FollowedKey,
} from "../../replica/FollowedKeys.ts"
import { FollowLoop } from "../../replica/FollowLoop.ts"

/** A fleet of a cluster: the options of `createFleet`, for all its buckets alike. */
export interface ClusterFleetConfig<K extends string = string>
  extends Pick<FleetConfig<K>, "engine" | "shared" | "restAfterUs" | "passivateAfterUs" | "maxEngines"> {
  /** Slices of the keys, each with one owner. Default 256, from 1 to 65,536. It may never change: keys would lose what was learned. */
  readonly buckets?: number
  /** Where the records of all its keys go besides memory, as for `createFleet`. Each process closes its own when it stops. */
  readonly sinks?: ReadonlyArray<AuditSink>
  /**
   * What the database keeps of its keys where the cluster has `records`: trips, rollbacks, baselines and commands (`safety`, the default),
   * every decision (`decisions`), digests too, so that a key can be replayed (`digests`), or nothing (`none`).
   */
  readonly records?: KeptRecords
}

/**
 * One key of a fleet. Its owner may be on any runner. A command resolves once it is carried out and saved; `refused` says why one had no effect. A key
 * that nobody has measured yet is made by its first command. It rejects with a ConfigError where its note has problems.
 */
export interface ClusterKey
  extends Readonly<Record<KeyCommandName, (note?: CommandNote) => Promise<KeyDone>>> {
  readonly key: string
  /** Where it stands, what people asked of it, and its last records. Null: no owner can be reached, or its bucket has no room for it. */
  readonly status: () => Promise<KeyView | null>
}

/** One fleet of a cluster, wherever the owners of its keys are. */
export interface ClusterFleet {
  readonly name: string
  /** Reports a digest for a key. It leaves with others within 100 ms; it may be lost, and `counts` says so. */
  readonly observe: (key: string, digest: DigestInput) => void
  /** Reads the knobs of a key locally, with the lease of a replica; asks every 500 ms until it is stopped. */
  readonly follow: (key: string) => FollowedKey
  /** One key, to look at and to command. */
  readonly key: (key: string) => ClusterKey
  /** What became of the digests of this process. */
  readonly counts: () => FleetCounts
  /** Sends the digests that wait. */
  readonly flush: () => Promise<void>
  /** Numbers of the bucket that has this key. Null: no owner can be reached. */
  readonly bucket: (key: string) => Promise<BucketView | null>
}

/** A checked configuration, for one bucket. */
export interface FleetInBuckets extends ServedFleet {
  readonly buckets: number
}

const BUCKETS = 256
const MOST_BUCKETS = 65_536
const MOST_ENGINES = 10_000
/** The records of a bucket that are kept in memory: there are tens of thousands of buckets, and sinks are not theirs. */
const RECORDS = 64
/** Slashes separate the fleet from its bucket. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const OPTIONS: ReadonlyArray<string> = [
  "engine",
  "shared",
  "restAfterUs",
  "passivateAfterUs",
  "maxEngines",
  "buckets",
  "sinks",
  "records",
] satisfies ReadonlyArray<keyof ClusterFleetConfig>

/** Options that `createFleet` takes elsewhere, or not at all. */
const OURS: ReadonlyArray<string> = ["buckets", "sinks", "records"]

/** The fleets for their buckets, and all that is wrong with them. */
export function readFleets(fleets: Readonly<Record<string, ClusterFleetConfig>>): {
  readonly settings: ReadonlyMap<string, FleetInBuckets>
  readonly problems: ReadonlyArray<Problem>
} {
  if (typeof fleets !== "object" || fleets === null)
    return { settings: new Map(), problems: [problem(["fleets"], "must be fleets by their names.")] }
  const settings = new Map<string, FleetInBuckets>()
  const problems = Object.entries(fleets).flatMap(([name, config]) => {
    const wrong: Array<Problem> = []
    const at = (path: ReadonlyArray<string>, message: string, remedy?: string): void =>
      void wrong.push(problem(["fleets", name, ...path], message, remedy))
    const take = (problems: ReadonlyArray<Problem>, ...path: ReadonlyArray<string>): void =>
      void wrong.push(...problems.map((one) => problemAt(["fleets", name, ...path], one)))
    if (!NAME.test(name)) at([], "must have a name of 1 to 64 letters, digits, dots, dashes and underscores.")
    if (typeof config !== "object" || config === null) at([], "must be an object.")
    else {
      const read = readFleet(name, config, at, take)
      if (read !== null) settings.set(name, read)
    }
    return wrong
  })
  return { settings, problems }
}

function readFleet(
  name: string,
  config: ClusterFleetConfig,
  at: (path: ReadonlyArray<string>, message: string, remedy?: string) => void,
  take: (problems: ReadonlyArray<Problem>, ...path: ReadonlyArray<string>) => void,
): FleetInBuckets | null {
  const { buckets = BUCKETS, engine, sinks, records = "safety" } = config
  for (const key of Object.keys(config))
    if (!OPTIONS.includes(key))
      at([key], "is not an option of a fleet of a cluster.", didYouMean(key, OPTIONS) ?? undefined)
  if (!(Number.isInteger(buckets) && buckets >= 1 && buckets <= MOST_BUCKETS)) {
    at(["buckets"], `must be a whole number from 1 to ${MOST_BUCKETS}.`)
    return null
  }
  take(sinkProblems(sinks))
  if (!KEPT_RECORDS.includes(records)) at(["records"], `must be one of ${KEPT_RECORDS.join(", ")}.`)
  // A bucket is driven by its owner.
  const parsed = parseFleetConfig({
    maxEngines: MOST_ENGINES,
    auditMemory: RECORDS,
    ...Object.fromEntries(
      Object.entries(config).filter(([key]) => !OURS.includes(key) && OPTIONS.includes(key)),
    ),
    engine: typeof engine === "object" && engine !== null ? { ...engine, clock: "manual" } : engine,
  })
  if (parsed instanceof ConfigError) {
    take(parsed.problems)
    return null
  }
  const shared = new Map(
    Array.from(parsed.shared, ([group, { probing, appliesPerSecond }]) => {
      if (probing < buckets)
        at(
          ["shared", group, "probing"],
          `must be at least the number of buckets, ${buckets}: each has a share.`,
        )
      return [
        group,
        { probing: Math.max(1, Math.floor(probing / buckets)), appliesPerSecond: appliesPerSecond / buckets },
      ] as const
    }),
  )
  const fleet = {
    ...parsed,
    name,
    shared,
    engine: { ...parsed.engine, auditDigests: records === "digests" },
  }
  take(watchProblems(fleet), "engine")
  return {
    buckets,
    settings: fleet,
    sinks: sinks && sinks.length > 0 ? new FleetSinks(sinks) : undefined,
    records,
  }
}

/** The way from this process to the buckets of one fleet. */
export interface BucketWay extends FleetWay {
  readonly view: (bucket: number) => Promise<BucketView | null>
  readonly look: (bucket: number, key: string) => Promise<KeyView | null>
  readonly command: (bucket: number, command: KeyCommand) => Promise<KeyDone>
}

/**
 * The way from this process to the keys of one fleet. Its timer runs from the first call on, and once it is closed until every followed key
 * stands on its baseline. It holds no process open.
 */
export class FleetDoor implements ClusterFleet {
  readonly name: string
  private readonly buckets: number
  /** Hash of the knobs. */
  readonly table: string
  private readonly keys: FollowedKeys
  private readonly way: BucketWay
  private readonly loop: FollowLoop

  constructor(name: string, { buckets, settings }: FleetInBuckets, way: BucketWay) {
    this.name = name
    this.buckets = buckets
    this.way = way
    this.table = knobHash(settings.engine.space)
    this.keys = new FollowedKeys(
      settings.engine,
      (key) => bucketOf(key, buckets),
      way,
      () => performance.now() * 1000,
    )
    this.loop = new FollowLoop(this.keys)
  }

  readonly observe = (key: string, digest: DigestInput): void => {
    this.loop.begin()
    this.keys.observe(key, digest)
  }

  readonly follow = (key: string): FollowedKey => {
    this.loop.begin()
    return this.keys.follow(key)
  }

  readonly counts = (): FleetCounts => this.keys.counts

  readonly flush = (): Promise<void> => this.keys.flush()

  readonly bucket = (key: string): Promise<BucketView | null> => this.way.view(bucketOf(key, this.buckets))

  readonly key = (key: string): ClusterKey => {
    const bucket = bucketOf(key, this.buckets)
    const commands = KEY_COMMANDS.map((command) => [
      command,
      async (note?: CommandNote) => this.way.command(bucket, { engine: key, command, ...saidOf(note) }),
    ])
    return {
      key,
      ...(Object.fromEntries(commands) as Omit<ClusterKey, "key" | "status">),
      status: () => this.way.look(bucket, key),
    }
  }

  /** What another process reports, as its gateway answers it. */
  async exchange({ digests, follow }: FleetReport): Promise<FleetAnswer> {
    const parts = new Map<number, { batch: Array<KeyDigest>; keys: Array<string> }>()
    const partOf = (key: string) => {
      const bucket = bucketOf(key, this.buckets)
      const part = parts.get(bucket) ?? { batch: [], keys: [] }
      parts.set(bucket, part)
      return part
    }
    for (const { key, at = null, ...digest } of digests) partOf(key).batch.push([key, digest, at])
    for (const key of follow) partOf(key).keys.push(key)
    const sums = { taken: 0, full: 0, invalid: 0, late: 0, unreachable: 0 }
    const keys: Array<KeyAnswer> = []
    await Promise.all(
      Array.from(parts, async ([bucket, { batch, keys: names }]) => {
        if (batch.length > 0) {
          const counts = await this.way.observe(bucket, batch)
          if (counts === null) sums.unreachable += batch.length
          else for (const name of ["taken", "full", "invalid", "late"] as const) sums[name] += counts[name]
        }
        if (names.length > 0) keys.push(...((await this.way.follow(bucket, names)) ?? []))
      }),
    )
    return {
      protocol: PROTOCOL,
      ...sums,
      keys: keys.map((one) => ({ ...one, at: [...one.at] })),
    }
  }

  /** Asks and sends no more; keys go to their base, then to their baseline. */
  close(): void {
    void this.loop.end()
  }
}
