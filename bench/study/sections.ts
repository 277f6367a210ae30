/** The sections of `npm run bench:study`. Bounds are those of the plan. */
import type { Row, Section } from "../../scripts/section.ts"
import { besideOptuna } from "./besideOptuna.ts"
import { drill } from "./drill.ts"

const [WORKERS, KILLED, TRIALS] = [50, 20, 2000]

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const exactly = (value: number): Pick<Row, "most" | "least"> => ({ most: value, least: value })

const killedRows = async (): Promise<ReadonlyArray<Row>> => {
  const report = await drill({
    workers: WORKERS,
    killed: KILLED,
    trials: TRIALS,
    trialMs: 200,
    leaseMs: 3_000,
    draw: Math.random,
  })
  const { killed, told, toldTwice, retried, duplicates, solvers, different, workerMs, databaseMs } = report
  return [
    { what: "workers killed with SIGKILL", value: killed, unit: "", ...exactly(KILLED) },
    { what: "trials told", value: told, unit: "", ...exactly(TRIALS) },
    { what: "trials told twice", value: toldTwice, unit: "", most: 0 },
    { what: "trials given to another worker", value: retried, unit: "" },
    { what: "results that came second, ignored", value: duplicates, unit: "" },
    { what: "solvers at the end", value: solvers, unit: "", ...exactly(WORKERS - KILLED) },
    { what: "solvers that differ from the log repeated", value: different, unit: "", most: 0 },
    { what: "processor time of a step, worker", value: round(workerMs, 2), unit: "ms", most: 5 },
    { what: "processor time of a step, database", value: round(databaseMs, 2), unit: "ms", most: 2 },
    { what: "trials a second", value: round(report.perSecond, 0), unit: "" },
  ]
}

const optunaRows = async (): Promise<ReadonlyArray<Row>> => {
  const beside = await besideOptuna()
  if (beside === null) {
    console.error("There is no Python with Optuna: npm run bench:peers makes an environment.")
    return []
  }
  const { arqon, optuna } = beside
  return [
    { what: "trials a second, Arqon", value: round(arqon, 0), unit: "" },
    { what: "trials a second, Optuna", value: round(optuna, 1), unit: "" },
    { what: "Arqon's as a multiple", value: round(arqon / optuna, 1), unit: "", least: 3 },
  ]
}

export const sections: ReadonlyArray<Section> = [
  { name: "killed", title: "Fifty workers, twenty of them killed", measure: killedRows },
  { name: "optuna", title: "Beside Optuna's RDB storage", measure: optunaRows },
]
