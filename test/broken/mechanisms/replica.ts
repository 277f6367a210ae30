/** What of a tuner with many replicas is broken on purpose: lease, order, the search for interference. */
import type { Mechanism } from "../Mechanism.ts"

export const replica: ReadonlyArray<Mechanism> = [
  {
    name: "lease-from-the-answer",
    invariant: 13,
    file: "src/replica/ReplicaCore.ts",
    intact: "this.lease = leaseAfter(this.lease, sentUs, leaseMs * MILLISECOND_US, baselineAfterUs)",
    broken:
      "this.lease = leaseAfter(this.lease, Math.max(sentUs, this.nowUs), leaseMs * MILLISECOND_US, baselineAfterUs)",
    test: "test/replica/town.test.ts",
  },
  {
    name: "older-pairs-taken",
    invariant: 13,
    file: "src/cohort/Follower.ts",
    intact: "if (order < 0) {",
    broken: "if (order < -1e9) {",
    test: "test/replica/town.test.ts",
  },
  {
    name: "interference-unseen",
    invariant: 13,
    file: "src/cohort/Interference.ts",
    intact: "const difference = together - split",
    broken: "const difference = 0 * (together - split)",
    test: "test/cohort/interference.test.ts",
  },
  {
    name: "interference-at-a-glance",
    invariant: 13,
    file: "src/cohort/Interference.ts",
    intact: "if (evidence < NEEDED_EVIDENCE) return false",
    broken: "if (evidence < NEEDED_EVIDENCE / 20) return false",
    test: "test/cohort/interference.test.ts",
  },
]
