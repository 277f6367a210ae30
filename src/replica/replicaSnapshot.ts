/** Where a replica stands, as its service sees it: one object until something changes, so that a view can compare two looks. */
import { BEFORE_ALL, samePair } from "../cohort/order.ts"
import type { Standing } from "../cohort/Lease.ts"
import type { Role } from "../cohort/protocol.ts"
import type { ReplicaCore } from "./ReplicaCore.ts"

/** Where a replica stands. */
export interface ReplicaSnapshot<K extends string = string> {
  readonly status: "idle" | "running" | "stopped"
  readonly state: Standing
  readonly role: Role
  readonly epoch: number
  /** The owner's generation; 0 while nothing that it said is in force. */
  readonly confirmed: number
  /** Counts changes of the values in this process. */
  readonly generation: number
  readonly values: Readonly<Record<K, number>>
  readonly safeMode: string | null
  readonly sent: number
  readonly answered: number
  readonly failed: number
  /** Why the last request failed, such as a wrong token; null when it was answered. */
  readonly failure: string | null
  /** Answers that were refused because they were older than one taken before. */
  readonly older: number
  readonly refused: string | null
  /** Errors that subscribers have thrown. */
  readonly faults: number
}

/** Looks at a replica. The same object as at the look before where nothing has changed; the same `values` where none of them has. */
export function snapshotsOf<K extends string>(
  core: ReplicaCore,
  values: Readonly<Record<K, number>>,
): (status: ReplicaSnapshot["status"], faults: number) => ReplicaSnapshot<K> {
  let last: ReplicaSnapshot<K> | null = null
  return (status, faults) => {
    const { follower, sent, answered, failed, failure, safeMode, generation } = core
    const now: ReplicaSnapshot<K> = {
      status,
      state: core.standing,
      role: core.role,
      epoch: follower.seen[0],
      confirmed: samePair(core.pair, BEFORE_ALL) ? 0 : core.pair[1],
      generation,
      values: last?.generation === generation ? last.values : Object.freeze({ ...values }),
      safeMode,
      sent,
      answered,
      failed,
      failure,
      older: follower.older,
      refused: follower.refused,
      faults,
    }
    const before = last
    const same =
      before !== null &&
      (Object.keys(now) as Array<keyof ReplicaSnapshot>).every((key) => now[key] === before[key])
    if (!same) last = Object.freeze(now)
    return last as ReplicaSnapshot<K>
  }
}
