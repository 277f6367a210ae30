/** The studio of tuners with many replicas: `await tunerStudio({ tuners: { checkout: tuner } })`. */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { Studio, StudioOptions } from "../../engine/contract/Studio.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import { openStudio } from "../../studio/server/openStudio.ts"
import { TunerBook, type TunerLook } from "../../studio/server/TunerBook.ts"

type Soon<T> = T | Promise<T>

/** What is shown: the tuner of `createTuner`, or `cluster.tuner(name)` of `createCluster`. */
export interface ShownTuner {
  readonly status: () => Soon<TunerStatus & { readonly began?: string | null }>
  readonly replicas: () => Soon<ReadonlyArray<ReplicaStatus>>
  /** Of a tuner in a cluster. */
  readonly records?: () => Promise<ReadonlyArray<AuditRecord>>
  /** Of a tuner in this process. */
  readonly audit?: { readonly records: () => ReadonlyArray<AuditRecord> }
}

/** Who owns what, as `cluster.status()` says it. */
export interface ShownCluster {
  readonly status: () => Promise<{
    readonly owners: ReadonlyArray<{
      readonly kind: string
      readonly name: string
      readonly runner: string
      /** Wall time, milliseconds; null: never. */
      readonly sinceMs: number
      readonly savedMs: number | null
    }>
  }>
}

/** What a studio of tuners shows. */
export interface TunersShown {
  /** By the name that they have in the cluster. */
  readonly tuners: Readonly<Record<string, ShownTuner>>
  /** The cluster they belong to, to see their owners; absent: they are this process's own. */
  readonly cluster?: ShownCluster
}

/**
 * Serves a page that shows tuners and their replicas. It changes nothing. Rejects with a ConfigError for options that cannot be,
 * and as `listen` does.
 */
export function tunerStudio(shown: TunersShown, options: StudioOptions = {}): Promise<Studio> {
  // What JavaScript hands over need not be what the types say.
  const { tuners, cluster } = { tuners: {}, ...(shown as Partial<TunersShown> | undefined) }
  const names = Object.keys(tuners)
  const problems = [
    ...(names.length > 0
      ? []
      : [problem(["tuners"], "must have at least one tuner.", "Give it { tuners: { checkout: tuner } }.")]),
    ...names
      .filter((name) => typeof tuners[name]?.status !== "function")
      .map((name) =>
        problem(["tuners", name], "must be a tuner.", "Take the one of createTuner, or cluster.tuner(name)."),
      ),
    ...(options.inspectAt === undefined
      ? []
      : [problem(["inspectAt"], "is not available for tuners of replicas.", "Leave it out.")]),
  ]
  if (problems.length > 0) return Promise.reject(new ConfigError({ problems }))
  const books = names.map((name) => new TunerBook({ name, look: () => lookAt(name, tuners[name], cluster) }))
  return openStudio({ engines: [], solvers: new Map(), tuners: books }, options)
}

async function lookAt(
  name: string,
  tuner: ShownTuner,
  cluster: ShownCluster | undefined,
): Promise<TunerLook> {
  const [status, replicas, records, whole] = await Promise.all([
    tuner.status(),
    tuner.replicas(),
    tuner.records?.() ?? tuner.audit?.records() ?? [],
    cluster?.status(),
  ])
  const owner = whole?.owners.find((one) => one.kind === "tuner" && one.name === name) ?? null
  return { status, replicas, records, owner, began: status.began ?? null }
}
