/**
 * A real engine over a small simulated service, in time that the test moves, behind a real studio: everything a browser test
 * looks at was measured, decided and recorded by Arqon itself. Beside it a recorded run and a run of the solver.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createEngine, createSolver, type Studio } from "arqon"
import * as demo from "../../../src/studio/server/demoService.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { recordedEngines } from "../../../src/studio/server/RecordedEngine.ts"
import { solverRun } from "../../../src/studio/server/solverRuns.ts"

const DIGEST_US = 40_000

const KNOBS = {
  ...demo.KNOBS,
  cacheTtlS: { min: 1, max: 600, scale: "log", initial: 30 },
} as const

/** Too few workers queue, too many get in each other's way; batches and caches are best in the middle. */
const latencyMs = (workers: number, batchMs: number, ttlS: number): number =>
  demo.latencyMs(60, workers, batchMs) + 4 * Math.log(ttlS / 120) ** 2

const options = {
  params: KNOBS,
  objective: "minimize",
  guardrails: "aggressive",
  window: { digests: 3, settleUs: 2_000 },
  clock: "manual",
} as const

export interface Service {
  readonly engine: ReturnType<typeof createService>
  /** Lets so many measurements come in. */
  readonly work: (digests: number) => void
  /** Lets time pass without one. */
  readonly silence: (us: number) => void
}

const createService = (state: string | undefined, seed: number) =>
  createEngine(state === undefined ? { ...options, seed } : { ...options, seed, state })

export async function startService(state?: string, seed = 42): Promise<Service> {
  const engine = createService(state, seed)
  let nowUs = 0
  let call = 0
  await engine.start()
  return {
    engine,
    work: (digests) => {
      for (let i = 0; i < digests; i++) {
        nowUs += DIGEST_US
        const { workers, batchMs, cacheTtlS } = engine.values
        const truth = latencyMs(workers, batchMs, cacheTtlS) * (1 + 0.04 * Math.sin(call++ * 1.7))
        engine.observe({
          timestampUs: nowUs,
          objective: truth,
          latencyP99Us: truth * 2000,
          throughputRps: 1e5 / truth,
        })
        engine.tick(nowUs)
      }
    },
    silence: (us) => {
      const until = nowUs + us
      for (; nowUs < until; nowUs += DIGEST_US) engine.tick(nowUs)
    },
  }
}

/** A state directory with one run in it: tuned, tripped, let go, tuned on, rolled back, ended. */
export async function recordRun(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "arqon-studio-"))
  const { engine, work } = await startService(directory)
  work(600)
  engine.trip("maintenance of the cache")
  work(120)
  engine.reset("the cache is back")
  work(600)
  engine.rollback()
  work(200)
  await engine.stop()
  return directory
}

/** A second run, short and uneventful. */
async function recordAnother(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "arqon-studio-"))
  const { engine, work } = await startService(directory, 43)
  work(90)
  await engine.stop()
  return directory
}

/** The state of a solver run, written to a file. */
export function solveSomething(directory: string): string {
  const solver = createSolver({
    seed: 7,
    budget: 60,
    bounds: {
      x: { min: -5, max: 5 },
      y: { min: -5, max: 5 },
      rate: { min: 0.001, max: 1, scale: "log" },
    },
  })
  for (let batch; (batch = solver.ask()) !== null; ) {
    solver.tell(
      batch.map((params) => ({
        params,
        value: (params.x - 1) ** 2 + 3 * (params.y + 2) ** 2 + 0.2 * Math.log10(params.rate / 0.03) ** 2,
      })),
    )
  }
  const path = join(directory, "tune.state.json")
  writeFileSync(path, JSON.stringify(solver.state()))
  return path
}

export interface Shelf {
  readonly url: string
  readonly close: () => Promise<void>
}

/** A studio over two recordings and a solver run. */
export async function openShelf(): Promise<Shelf> {
  const [directory, other] = [await recordRun(), await recordAnother()]
  const file = solveSomething(directory)
  const studio = await openStudio({
    engines: [...recordedEngines(directory), ...recordedEngines(other)],
    solvers: new Map([["tune.state.json", () => solverRun(file, "tune.state.json")]]),
  })
  return { url: studio.url, close: () => closed(studio, [directory, other]) }
}

async function closed(studio: Studio, directories: ReadonlyArray<string>): Promise<void> {
  await studio.stop()
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
}
