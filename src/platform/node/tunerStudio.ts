/**
 * The studio of what several processes share: `await tunerStudio({ tuners: { checkout: tuner } })`. Tuners with their replicas, the campaigns of a
 * cluster, and the studies of a storage.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { CampaignStatus } from "../../cluster/campaign/Campaigns.ts"
import type { SignedWord } from "../../cluster/campaign/CampaignStore.ts"
import type { Storage } from "../../cluster/Storage.ts"
import type { OwnerTurns } from "../../cluster/turnRows.ts"
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { Studio, StudioOptions } from "../../engine/contract/Studio.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import { CampaignBook, type CampaignSource } from "../../studio/server/CampaignBook.ts"
import { openStudio } from "../../studio/server/openStudio.ts"
import { StudyBook } from "../../studio/server/StudyBook.ts"
import { TunerBook, type TunerLook } from "../../studio/server/TunerBook.ts"

type Soon<T> = T | Promise<T>

/** What is shown: the tuner of `createTuner`, or `cluster.tuner(name)` of `createCluster`. */
export interface ShownTuner {
  readonly status: () => Soon<TunerStatus & { readonly began?: string | null }>
  readonly replicas: () => Soon<ReadonlyArray<ReplicaStatus>>
  /** Of a tuner in a cluster. */
  readonly records?: () => Promise<ReadonlyArray<AuditRecord>>
  readonly owners?: () => Promise<OwnerTurns>
  /** Of a tuner in this process. */
  readonly audit?: { readonly records: () => ReadonlyArray<AuditRecord> }
}

/** One campaign, as `cluster.campaign(name)` answers it. */
export interface ShownCampaign {
  readonly approve: (said: SignedWord) => Promise<CampaignStatus>
  readonly reject: (said: SignedWord) => Promise<CampaignStatus>
  readonly cancel: (said: SignedWord) => Promise<CampaignStatus>
}

/** What is shown of a cluster besides its tuners: who owns what, and its campaigns. `createCluster` makes one. */
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
  /** Absent, or without `campaign`: none are shown. */
  readonly campaigns?: { readonly list: () => Promise<ReadonlyArray<CampaignStatus>> }
  readonly campaign?: (name: string) => ShownCampaign
}

/** What a studio of tuners shows: at least one of these. */
export interface TunersShown {
  /** By the name that they have in the cluster. */
  readonly tuners?: Readonly<Record<string, ShownTuner>>
  /** The cluster they belong to, to see its owners and to see and answer its campaigns; absent: they are this process's own. */
  readonly cluster?: ShownCluster
  /** Of `postgres` or `sqlite` of `arqon/cluster`: its shared studies are shown, as `arqon studio --storage` does. */
  readonly storage?: Storage
}

const GIVE =
  "Give it { tuners: { checkout: tuner } }, a cluster, or the storage of shared studies: postgres({ url }) or sqlite(file)."

/**
 * Serves a page that shows tuners with their replicas, campaigns and studies. It changes nothing but campaigns that a person answers. Rejects
 * with a ConfigError for options that cannot be, with a StorageError where the storage cannot be opened, and as `listen` does.
 */
export async function tunerStudio(shown: TunersShown, options: StudioOptions = {}): Promise<Studio> {
  // What JavaScript hands over need not be what the types say.
  const { tuners = {}, cluster, storage } = (shown as TunersShown | undefined) ?? {}
  const names = Object.keys(tuners)
  const campaigns = cluster === undefined ? null : campaignsOf(cluster, tuners)
  const problems = [
    ...(names.length > 0 || campaigns !== null || storage !== undefined
      ? []
      : [problem(["tuners"], "must have at least one tuner.", GIVE)]),
    ...names
      .filter((name) => typeof tuners[name]?.status !== "function")
      .map((name) =>
        problem(["tuners", name], "must be a tuner.", "Take the one of createTuner, or cluster.tuner(name)."),
      ),
    ...(storage === undefined || typeof storage?.name === "string"
      ? []
      : [
          problem(
            ["storage"],
            "must be a storage.",
            "Take postgres({ url }) or sqlite(file) of arqon/cluster.",
          ),
        ]),
    ...(options.inspectAt === undefined
      ? []
      : [problem(["inspectAt"], "is not available for tuners of replicas.", "Leave it out.")]),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
  // Without studies to show, what opens a database is not loaded.
  const shelf =
    storage === undefined
      ? null
      : await import("../../cluster/node/studyShelf.ts").then(({ openStudyShelf }) => openStudyShelf(storage))
  try {
    const studio = await openStudio(
      {
        engines: [],
        solvers: new Map(),
        tuners: names.map((name) => new TunerBook({ name, look: () => lookAt(name, tuners[name], cluster) })),
        ...(campaigns && { campaigns: new CampaignBook(campaigns) }),
        ...(shelf && { studies: new StudyBook(shelf) }),
      },
      options,
    )
    return { ...studio, stop: () => studio.stop().finally(() => shelf?.close()) }
  } catch (cause) {
    await shelf?.close()
    throw cause
  }
}

/** Null: this cluster has none to show. */
function campaignsOf(
  { campaigns, campaign }: ShownCluster,
  tuners: Readonly<Record<string, ShownTuner>>,
): CampaignSource | null {
  if (campaigns === undefined || campaign === undefined) return null
  return {
    list: campaigns.list,
    tell: (name, action, said) => campaign(name)[action](said),
    canary: async (name) => (await tuners[name]?.status())?.canary ?? null,
    nowMs: Date.now,
  }
}

async function lookAt(
  name: string,
  tuner: ShownTuner,
  cluster: ShownCluster | undefined,
): Promise<TunerLook> {
  // A tuner that nobody has asked anything yet gets its owner by this.
  const status = await tuner.status()
  const [replicas, records, whole, turns] = await Promise.all([
    tuner.replicas(),
    tuner.records?.() ?? tuner.audit?.records() ?? [],
    cluster?.status(),
    tuner.owners?.() ?? null,
  ])
  const owner = whole?.owners.find((one) => one.kind === "tuner" && one.name === name) ?? null
  return { status, replicas, records, owner, turns, began: status.began ?? null }
}
