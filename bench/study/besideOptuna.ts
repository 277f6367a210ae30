/** Trials a second through PostgreSQL, of evaluations that take no time: this study, and Optuna's RDB storage with its defaults. */
import { spawn } from "node:child_process"
import { findPython } from "../peers/environment.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import { drill } from "./drill.ts"

const WORKERS = 8
const TRIALS = 400

export interface Beside {
  readonly workers: number
  readonly trials: number
  /** Trials a second. */
  readonly arqon: number
  readonly optuna: number
}

/** Null where there is no Python with Optuna. */
export async function besideOptuna(): Promise<Beside | null> {
  const python = findPython()
  if (python === null) return null
  const { perSecond } = await drill({
    workers: WORKERS,
    killed: 0,
    trials: TRIALS,
    trialMs: 0,
    leaseMs: 60_000,
    draw: Math.random,
  })
  const server = await startPostgres(["max_connections=100"])
  try {
    const url = `postgresql+psycopg://arqon@127.0.0.1:${server.port}/postgres`
    const script = new URL("optuna_study.py", import.meta.url).pathname
    const text = await new Promise<string>((resolve, reject) => {
      const child = spawn(python, ["-B", script, url, String(WORKERS), String(TRIALS)], {
        stdio: ["ignore", "pipe", "inherit"],
      })
      let said = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk))
      child.once("exit", (code) =>
        code === 0 ? resolve(said) : reject(new Error(`optuna: exit code ${code}`)),
      )
    })
    return { workers: WORKERS, trials: TRIALS, arqon: perSecond, optuna: Number(text) }
  } finally {
    await server.stop()
  }
}
