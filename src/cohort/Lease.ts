/**
 * How long a replica may use what it was told. The lease runs from when the request was *sent*, on the replica's own monotonic clock:
 * however long the answer was under way, the owner knows by when a replica it cannot reach has left its perturbation.
 */

/** As told; on the base; on the baseline. */
export type Standing = "following" | "holding" | "fallen"

/** Until when a replica may do what. Microseconds of its own clock. */
export interface Lease {
  /** From here on: the base, never a perturbation. */
  readonly untilUs: number
  /** From here on: the baseline. */
  readonly baselineAtUs: number
}

/** Nothing was ever granted. */
export const NO_LEASE: Lease = Object.freeze({
  untilUs: Number.NEGATIVE_INFINITY,
  baselineAtUs: Number.NEGATIVE_INFINITY,
})

/** The lease after an answer to a request sent at `sentUs`. A late answer to an early request shortens nothing. */
export function leaseAfter(lease: Lease, sentUs: number, leaseUs: number, baselineAfterUs: number): Lease {
  const untilUs = sentUs + leaseUs
  return untilUs >= lease.untilUs ? { untilUs, baselineAtUs: untilUs + baselineAfterUs } : lease
}

/** What the lease allows at this time. */
export const standingAt = ({ untilUs, baselineAtUs }: Lease, nowUs: number): Standing =>
  nowUs < untilUs ? "following" : nowUs < baselineAtUs ? "holding" : "fallen"
