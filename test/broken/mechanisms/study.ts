/** What of shared studies is broken on purpose: the lock over the log, what counts as a result, how often a trial is given out. */
import type { Mechanism } from "../Mechanism.ts"

export const study: ReadonlyArray<Mechanism> = [
  {
    name: "study-without-its-lock",
    invariant: 36,
    file: "src/cluster/study/StudyStore.ts",
    intact: 'sql.literal("FOR NO KEY UPDATE")',
    broken: 'sql.literal("")',
    test: "test/cluster/study.test.ts",
  },
  {
    name: "study-takes-a-result-twice",
    invariant: 36,
    file: "src/cluster/study/StudyReplica.ts",
    intact: 'if (trial.state !== "out") return "duplicate"',
    broken: 'if (attempt < 0) return "duplicate"',
    test: "test/cluster/study.test.ts",
  },
  {
    name: "study-gives-a-lost-trial-out-for-ever",
    invariant: 36,
    file: "src/cluster/study/studyStep.ts",
    intact: "if (attempt > retries) {",
    broken: "if (attempt < retries - retries) {",
    test: "test/cluster/study.test.ts",
  },
  {
    name: "study-repeats-a-step-whose-answer-was-lost",
    invariant: 36,
    file: "src/cluster/study/studyStep.ts",
    intact: "if (replica.lastStep(worker)?.step === step)",
    broken: "if (replica.lastStep(worker)?.step === -step)",
    test: "test/cluster/study.test.ts",
  },
]
