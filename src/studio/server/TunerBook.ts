/** A tuner of many replicas as the studio shows it: where it stands, what its sides read, and a page of its replicas. Read when somebody asks. */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { replicaState } from "../../domain/replicaState.ts"
import type { OwnerTurns } from "../../cluster/turnRows.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import { messageOf } from "../../system/messageOf.ts"
import {
  MARKS,
  MOST_MARKED,
  MOST_STAGES,
  REPLICA_SORTS,
  REPLICA_STATES,
  type ReplicaRow,
  type ReplicaSort,
  type ReplicaState,
  type TunerEntry,
  type TunerOwner,
  type TunerPage,
  type TunerStage,
} from "../protocol/tunerProtocol.ts"
import { pagingOf, searchOf } from "./listQuery.ts"
import { ownerSpans } from "./ownerSpans.ts"
import { Refusal, wordOf } from "./refusal.ts"

/** Everything that is to be known of a tuner now. */
export interface TunerLook {
  readonly status: TunerStatus
  readonly replicas: ReadonlyArray<ReplicaStatus>
  /** Oldest first. */
  readonly records: ReadonlyArray<AuditRecord>
  readonly began: string | null
  readonly owner: TunerOwner | null
  /** Those before it too; null in one process. */
  readonly turns: OwnerTurns | null
}

/** Where a tuner is looked at: in this process, or wherever its owner is. */
export interface TunerSource {
  readonly name: string
  readonly look: () => Promise<TunerLook>
}

export interface ReplicaQuery {
  readonly search: string
  readonly state: ReplicaState | undefined
  readonly sort: ReplicaSort
  readonly offset: number
  readonly limit: number
}

/** Throws a Refusal for a query that means nothing. */
export function replicaQueryOf(parameters: URLSearchParams): ReplicaQuery {
  return {
    search: searchOf(parameters).toLowerCase(),
    state: wordOf(parameters, "state", REPLICA_STATES),
    sort: wordOf(parameters, "sort", REPLICA_SORTS) ?? "state",
    ...pagingOf(parameters),
  }
}

export class TunerBook {
  readonly id: string
  private readonly source: TunerSource

  constructor(source: TunerSource) {
    this.source = source
    this.id = source.name
  }

  entry(): TunerEntry {
    return { id: this.id, name: this.source.name }
  }

  /** Rejects with a Refusal where the tuner cannot be reached. */
  async page({ search, state, sort, offset, limit }: ReplicaQuery): Promise<TunerPage> {
    const { status, replicas, records, began, owner, turns } = await this.source
      .look()
      .catch((cause: unknown) => {
        throw new Refusal("failed", `The tuner ${this.id} cannot be read: ${messageOf(cause)}`)
      })
    const rows = replicas
      .map(
        (one): ReplicaRow => ({
          ...one,
          weight: threeDigits(one.weight),
          state: replicaState(one, status.epoch),
        }),
      )
      .toSorted((a, b) => compare(a.replica, b.replica) || compare(a.boot, b.boot))
    const counts = Object.fromEntries(
      REPLICA_STATES.map((word) => [word, rows.filter((row) => row.state === word).length]),
    ) as Record<ReplicaState, number>
    const found = rows
      .filter((row) => (state === undefined || row.state === state) && haystack(row).includes(search))
      .toSorted(orderOf(sort, status))
    return {
      status,
      owner,
      began,
      owners: turns === null ? [] : ownerSpans(turns),
      nowMs: turns?.nowMs ?? 0,
      counts,
      map: rows.slice(0, MOST_MARKED).map(markOf).join(""),
      stages: stagesOf(records, status.epoch),
      total: found.length,
      offset,
      replicas: found.slice(offset, offset + limit),
    }
  }
}

/** As many as are shown. */
const threeDigits = (weight: number | null): number | null =>
  weight === null ? null : Number(weight.toPrecision(3))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Rows come by name, and sorting keeps that order among equals. What changes with every report of a healthy replica is no order: a thousand
 * of them would change places each second.
 */
function orderOf(
  sort: ReplicaSort,
  { epoch, generation }: TunerStatus,
): (a: ReplicaRow, b: ReplicaRow) => number {
  if (sort === "name") return () => 0
  if (sort === "lag") return (a, b) => Math.floor(b.agoMs / 1000) - Math.floor(a.agoMs / 1000)
  // A replica on the stage before is on its way to this one: between them is the base, a generation of its own.
  const isOnItsWay = ([ran, at]: ReplicaRow["confirmed"]): boolean => ran === epoch && generation - at <= 2
  const rank = ({ state, confirmed }: ReplicaRow): number =>
    REPLICA_STATES.indexOf(state === "behind" && isOnItsWay(confirmed) ? "following" : state)
  return (a, b) => rank(a) - rank(b)
}

const haystack = ({ replica, zone, version }: ReplicaRow): string =>
  `${replica} ${zone} ${version}`.toLowerCase()

const markOf = ({ state, role }: ReplicaRow): string =>
  MARKS[state === "silent" || state === "refusing" ? state : role]

/** What was read, by the epoch that its draw named; before the first draw in memory it is the present one. */
function stagesOf(records: ReadonlyArray<AuditRecord>, present: number): ReadonlyArray<TunerStage> {
  const stages: Array<TunerStage> = []
  let epoch = present
  for (const { kind, action, seq, reason, value, limit } of records) {
    if (kind !== "cohort") continue
    if (action === "drawn") epoch = limit ?? epoch
    if (action === "read")
      stages.push({ seq, epoch, design: reason ?? "", plus: value ?? null, minus: limit ?? null })
  }
  return stages.slice(-MOST_STAGES)
}
