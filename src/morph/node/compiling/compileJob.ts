/**
 * One kernel compiled for a library, from its record in the job log to its row: begun, compiled, verified, stored, done. The process that
 * does it holds the lock of the library's compiler, so one of several compiles at a time and finds what the others have made.
 *
 * Each step is on the disk before the next. A kill before the row leaves no kernel; one behind it leaves a whole one, which the next job
 * finds, and ends in the log.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { GrowthError, growthProblem } from "../../../domain/GrowthError.ts"
import type { Problem } from "../../../domain/Problem.ts"
import { didYouMean, problem, show } from "../../../domain/problems.ts"
import { lockFile } from "../../../system/lockFile.ts"
import { giveNameNow } from "../../../system/giveName.ts"
import { type KernelKey, keyText } from "../../compile/ArtifactStore.ts"
import type { Blueprint } from "../../blueprints/Blueprint.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import { STATES } from "../../library/artifactStates.ts"
import type { NewArtifact } from "../../library/Descriptor.ts"
import type { Compiled } from "../../library/KernelCompiler.ts"
import type { Library } from "../../library/Library.ts"
import { COMPILER, compileKernel } from "../compileKernel.ts"
import { libraryFailure } from "../library/libraryFailure.ts"
import { JobLog } from "./JobLog.ts"

const JOBS = "jobs.log"
const ASIDE = "aside"
const LOCK = "compiling"

/** How far a job has come. */
export type JobStage = "opened" | "begun" | "assembled" | "verified" | "stored" | "done"

/** A job whose process died of it, as the process that had asked for it saw. */
export interface LostJob {
  readonly id: string
  readonly why: string
  readonly atMs: number
}

export interface JobRequest {
  readonly key: KernelKey
  /** What the log does not know yet. */
  readonly lost: ReadonlyArray<LostJob>
}

/** Where a job is done, and with what. */
export interface JobPlace {
  readonly directory: string
  readonly library: Library
  /** Blueprints beside those of the package. */
  readonly blueprints: ReadonlyArray<Blueprint>
  readonly nowMs: () => number
  /** How long it waits for another process that compiles, ms. */
  readonly patienceMs: number
  readonly reached: (stage: JobStage) => void
}

/** The file with what became of each job of a library. */
export const jobsPath = (directory: string): string => join(directory, JOBS)

/** Never rejects but for a defect of ours. */
export async function compileJob(request: JobRequest, place: JobPlace): Promise<Compiled> {
  const { directory, patienceMs } = place
  try {
    const lock = await lockFile(join(directory, LOCK), {
      command: "a compiler of kernels",
      brief: true,
      patienceMs,
      otherwise: "name another library",
    })
    try {
      const jobs = await openedJobs(directory, place.nowMs())
      try {
        return await inLog(request, place, jobs)
      } finally {
        await jobs.close()
      }
    } finally {
      lock.release()
    }
  } catch (cause) {
    const failure = libraryFailure(directory, cause)
    if (!(failure instanceof GrowthError)) throw cause
    return { refused: failure.problems, isFinal: false }
  }
}

/** Nothing but what is given up depends on the log: one that is damaged is put aside. */
async function openedJobs(directory: string, nowMs: number): Promise<JobLog> {
  const path = jobsPath(directory)
  try {
    return await JobLog.open(path)
  } catch (cause) {
    if (!(cause instanceof GrowthError) || !existsSync(path)) throw cause
    giveNameNow(path, join(directory, ASIDE, `${nowMs}-${JOBS}`))
    return JobLog.open(path)
  }
}

async function inLog({ key, lost }: JobRequest, place: JobPlace, jobs: JobLog): Promise<Compiled> {
  const { library, nowMs, reached } = place
  await endKilled(jobs, lost, place)
  reached("opened")
  const id = keyText(key)
  const there = artifactIn(library, id)
  if (there !== null) return { artifact: there }
  const why = jobs.givenUp(id, nowMs())
  if (why !== null) return { refused: [givenUp(key, why)], isFinal: false }
  await jobs.begin({ id, blueprint: key.blueprint, atMs: nowMs() })
  reached("begun")
  let wasm: string
  try {
    wasm = library.put(await compiledFor(key, id, place)).wasm
  } catch (cause) {
    if (!(cause instanceof GrowthError)) throw cause
    const { problems } = cause
    await jobs.end({ id, how: "refused", why: problems[0].message, atMs: nowMs() })
    return { refused: problems, isFinal: problems[0].path !== "library" }
  }
  reached("stored")
  await jobs.done({ id, wasm, atMs: nowMs() })
  reached("done")
  const kept = artifactIn(library, id)
  return kept === null ? notServed(library, id) : { artifact: kept }
}

/** Ends the jobs whose process is gone: their kernel is there, or was lost, or somebody has ended the process. */
async function endKilled(
  jobs: JobLog,
  lost: ReadonlyArray<LostJob>,
  { library, nowMs }: JobPlace,
): Promise<void> {
  const stored = (id: string) => {
    const found = library.find(id)
    return found?.damage === null ? found : null
  }
  for (const id of jobs.unfinished) {
    const found = stored(id)
    if (found !== null) await jobs.done({ id, wasm: found.wasm, atMs: nowMs() })
    else if (lost.every((one) => one.id !== id))
      await jobs.end({ id, how: "interrupted", why: "its process was ended", atMs: nowMs() })
  }
  const gone = lost.filter((one) => stored(one.id) === null && !jobs.knows(one))
  if (gone.length > 0) await jobs.end(...gone.map((one) => ({ ...one, how: "lost" as const })))
}

async function compiledFor(
  key: KernelKey,
  id: string,
  { blueprints, reached }: JobPlace,
): Promise<NewArtifact> {
  if (key.compiler !== COMPILER)
    throw growthProblem(
      "compiler",
      `must be the version that runs here, ${COMPILER}, not ${show(key.compiler)}.`,
      "Ask for the kernel of this version.",
    )
  const known = [...CATALOGUE, ...blueprints]
  const names = known.map(({ name }) => name)
  const blueprint = known.find(({ name }) => name === key.blueprint)
  if (blueprint === undefined)
    throw growthProblem(
      "blueprint",
      `must be the name of a blueprint, not ${show(key.blueprint)}.`,
      didYouMean(key.blueprint, names) ?? `Use one of ${names.join(", ")}.`,
    )
  const { mode, shape, parameters } = key
  const kernel = await compileKernel(blueprint, shape, parameters, { mode, isTimed: true, reached })
  if (keyText(kernel.key) !== id)
    throw growthProblem(
      "blueprint",
      `${key.blueprint} builds other operators here than where its kernel was asked for.`,
      "Give the compiler the same module of blueprints.",
    )
  const { text, bytes, guards, slower, verification, p50Us, p95Us } = kernel
  const { tier, tags = [] } = blueprint
  const meta = {
    key: kernel.key,
    text,
    guards,
    slower,
    signature: "",
    worst: verification.worst,
    p50Us,
    p95Us,
  }
  return { bytes, meta, about: { tier, tags } }
}

/** What is there, whole. */
function artifactIn(library: Library, id: string): NewArtifact | null {
  const kernel = library.get(id)
  const text = kernel === null ? null : library.text(id)
  if (kernel === null || text === null) return null
  const { key, guards, slower, signature, worst, p50Us, p95Us, tier, tags } = kernel.descriptor
  return {
    bytes: kernel.bytes,
    meta: { key, text, guards, slower, signature, worst, p50Us, p95Us },
    about: { tier, tags },
  }
}

const givenUp = ({ blueprint }: KernelKey, why: string): Problem =>
  problem(
    ["kernel"],
    `of ${blueprint} was lost with its compiler twice: ${why}.`,
    "Run it as `fast`; it is tried again after an hour.",
  )

function notServed(library: Library, id: string): Compiled {
  const found = library.find(id)
  const state = found === null || STATES[found.state].isServed ? "cannot be read" : `is ${found.state}`
  return { refused: [problem(["kernel"], `${state} in the library.`, "Run it as `fast`.")], isFinal: false }
}
