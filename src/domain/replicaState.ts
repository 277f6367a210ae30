/** How a replica follows its tuner, in one word. The metrics of a cluster and the studio say it alike: an alert leads to the rows that caused it. */

/** It runs what is live, has not confirmed it yet, refuses what it is told, or was not heard of late. */
export type ReplicaState = "following" | "behind" | "refusing" | "silent"

/** What its tuner knows of a replica. */
export interface Following {
  readonly silent: boolean
  readonly refused: string | null
  readonly current: boolean
  readonly confirmed: readonly [epoch: number, generation: number]
}

/** `epoch`: of the tuner's owner. */
export function replicaState(
  { silent, refused, current, confirmed }: Following,
  epoch: number,
): ReplicaState {
  if (silent) return "silent"
  // One answer that was overtaken by the next is no refusal. A replica that has seen later epochs takes none of this owner's: it stands on
  // one of those until its lease ends, and then has nothing confirmed.
  const overtaken = refused === "older" && confirmed[0] > 0 && confirmed[0] <= epoch
  if (refused !== null && !overtaken) return "refusing"
  return current ? "following" : "behind"
}
