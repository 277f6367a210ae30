/** A tuner of many replicas as the studio shows it: where it stands, what its sides read, and a page of its replicas. Read when somebody asks. */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import { messageOf } from "../../system/messageOf.ts"
import { MOST_LISTED } from "../protocol/protocol.ts"
import {
  MARKS,
  MOST_MARKED,
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
import { numberOf, Refusal, wordOf } from "./refusal.ts"

const DEFAULT_LISTED = 50
const MOST_TEXT = 200

/** Everything that is to be known of a tuner now. */
export interface TunerLook {
  readonly status: TunerStatus
  readonly replicas: ReadonlyArray<ReplicaStatus>
  /** Oldest first. */
  readonly records: ReadonlyArray<AuditRecord>
  readonly began: string | null
  readonly owner: TunerOwner | null
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
  const limit = Math.floor(numberOf(parameters, "limit", DEFAULT_LISTED))
  return {
    search: (parameters.get("search") ?? "").slice(0, MOST_TEXT).toLowerCase(),
    state: wordOf(parameters, "state", REPLICA_STATES),
    sort: wordOf(parameters, "sort", REPLICA_SORTS) ?? "state",
    offset: Math.max(0, Math.floor(numberOf(parameters, "offset", 0))),
    limit: Math.min(MOST_LISTED, Math.max(0, limit)),
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
    const { status, replicas, records, began, owner } = await this.source.look().catch((cause: unknown) => {
      throw new Refusal("failed", `The tuner ${this.id} cannot be read: ${messageOf(cause)}`)
    })
    const rows = replicas
      .map((one): ReplicaRow => ({ ...one, state: stateOf(one) }))
      .toSorted((a, b) => compare(a.replica, b.replica) || compare(a.boot, b.boot))
    const counts = Object.fromEntries(
      REPLICA_STATES.map((word) => [word, rows.filter((row) => row.state === word).length]),
    ) as Record<ReplicaState, number>
    const found = rows
      .filter((row) => (state === undefined || row.state === state) && haystack(row).includes(search))
      .toSorted(ORDERS[sort])
    return {
      status,
      owner,
      began,
      counts,
      map: rows.slice(0, MOST_MARKED).map(markOf).join(""),
      stages: stagesOf(records, status.epoch),
      total: found.length,
      offset,
      replicas: found.slice(offset, offset + limit),
    }
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

// Rows come by name, and sorting keeps that order among equals.
const ORDERS: Readonly<Record<ReplicaSort, (a: ReplicaRow, b: ReplicaRow) => number>> = {
  state: (a, b) => REPLICA_STATES.indexOf(a.state) - REPLICA_STATES.indexOf(b.state),
  name: () => 0,
  lag: (a, b) => b.agoMs - a.agoMs,
}

const haystack = ({ replica, zone, version }: ReplicaRow): string =>
  `${replica} ${zone} ${version}`.toLowerCase()

function stateOf({ silent, refused, current }: ReplicaStatus): ReplicaState {
  if (silent) return "silent"
  // An answer that was overtaken is no refusal of what is live.
  if (refused !== null && refused !== "older") return "refusing"
  return current ? "following" : "behind"
}

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
  return stages
}
