/**
 * `npm run bench:study`: fifty processes over one study in PostgreSQL, twenty of them killed at random moments, and how many trials a
 * second go through beside Optuna's RDB storage, where its Python environment is there. `-- --json` for the figures alone.
 */
import { besideOptuna } from "./besideOptuna.ts"
import { drill } from "./drill.ts"

/** Of issue 18: processor time of a step, ms. */
const MOST_WORKER_MS = 5
const MOST_DATABASE_MS = 2
const LEAST_RATIO = 3

const json = process.argv.includes("--json")
const [workers, killed, trials] = [50, 20, 2000]
const report = await drill({ workers, killed, trials, trialMs: 200, leaseMs: 3_000, draw: Math.random })
const beside = await besideOptuna()
const problems = [
  ...(report.told === trials && report.toldTwice === 0 ? [] : ["a trial was not told once"]),
  ...(report.solvers === workers - killed && report.different === 0 ? [] : ["a solver differs from the log"]),
  ...(report.workerMs <= MOST_WORKER_MS ? [] : [`a step takes more than ${MOST_WORKER_MS} ms of a worker`]),
  ...(report.databaseMs <= MOST_DATABASE_MS
    ? []
    : [`a step takes more than ${MOST_DATABASE_MS} ms of the database`]),
  ...(beside === null || beside.arqon >= LEAST_RATIO * beside.optuna
    ? []
    : [`fewer than ${LEAST_RATIO} times Optuna's trials a second`]),
]
if (json) console.log(JSON.stringify({ ...report, beside }))
else {
  const { told, toldTwice, failed, retried, duplicates, solvers, different } = report
  console.log(`${workers} workers, ${report.killed} killed, ${trials} trials of up to 200 ms, leases of 3 s`)
  console.log(
    `told ${told}, twice ${toldTwice}, failed ${failed}, retried ${retried}, duplicates ${duplicates}`,
  )
  console.log(`solvers at the end ${solvers}, different from the log ${different}`)
  console.log(
    `processor time of a step: worker ${report.workerMs.toFixed(2)} ms (bound ${MOST_WORKER_MS}), database ${report.databaseMs.toFixed(2)} ms (bound ${MOST_DATABASE_MS})`,
  )
  console.log(
    beside === null
      ? "Optuna: there is no Python environment with it (npm run bench:python makes one)"
      : `trials a second, ${beside.workers} workers, ${beside.trials} trials of no time: arqon ${beside.arqon.toFixed(0)}, optuna ${beside.optuna.toFixed(0)} (bound: ${LEAST_RATIO} times)`,
  )
  for (const problem of problems) console.error(`  ${problem}`)
}
process.exitCode = problems.length > 0 ? 1 : 0
