/** What of a tuner with many replicas is broken on purpose: lease, order, dedupe, quorum, interference, controls and canaries. */
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
  {
    name: "reports-counted-twice",
    invariant: 13,
    file: "src/cohort/Roster.ts",
    intact: "if (report.seq <= entry.seq) {",
    broken: "if (report.seq < entry.seq) {",
    test: "test/cohort/Roster.test.ts",
  },
  {
    name: "half-a-side-is-a-quorum",
    invariant: 13,
    file: "src/cohort/CohortLoop.ts",
    intact: "const waited = members.filter((entry) => this.roster.isWaitedFor(entry, now))",
    broken: "const waited = ready",
    test: "test/replica/town.test.ts",
  },
  {
    name: "controls-never-change-places",
    invariant: 13,
    file: "src/cohort/roles.ts",
    intact: 'const coin = drawAt([seed, epoch, draw, what, "coin"]) % 2',
    broken: "const coin = 0",
    test: "test/cohort/sideBySide.test.ts",
  },
  {
    name: "controls-decide-nothing",
    invariant: 13,
    file: "src/cohort/ComparedLoop.ts",
    intact: 'if (compared.outcome !== "rollBack") return false',
    broken: "return false",
    test: "test/cohort/sideBySide.test.ts",
  },
  {
    name: "candidate-rolled-out-unproven",
    invariant: 13,
    file: "src/cohort/Canary.ts",
    intact: "if (this.sound >= SOUND_NEEDS)",
    broken: "if (this.turns > 1)",
    test: "test/cohort/sideBySide.test.ts",
  },
]
