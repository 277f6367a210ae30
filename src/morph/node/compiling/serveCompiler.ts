/**
 * The work of a compiling process: it does one job after the other for the process that has started it, and ends when that is gone. The
 * system gives it a fraction of the processor time where others want it too.
 */
import { setPriority } from "node:os"
import type { Compiled } from "../../library/KernelCompiler.ts"
import { loadBlueprints } from "../hotMessages.ts"
import { COMPILER } from "../compileKernel.ts"
import { openLibrary } from "../library/openLibrary.ts"
import { compileJob, type JobRequest, type JobStage } from "./compileJob.ts"

/** A third of the share of a process that was started as usual, where both want the same core. */
const NICENESS = 5

/** What a compiling process is started with, as its only argument. */
export interface CompilerBoot {
  readonly directory: string
  /** URL of a module with blueprints of the caller's own. */
  readonly blueprints: string | null
  readonly patienceMs: number
  /** Path of the library's signing key, where it is not in its folder. */
  readonly key: string | null
}

/** What it answers. */
export type CompilerMessage = { readonly stage: JobStage } | { readonly compiled: Compiled }

/** @param reached is called beside the message about a stage */
export async function serveCompiler(
  { directory, blueprints, patienceMs, key }: CompilerBoot,
  reached: (stage: JobStage) => void = () => {},
): Promise<void> {
  const say = (message: CompilerMessage): void => {
    // The process that asked may be gone.
    if (process.connected) process.send?.(message)
  }
  process.once("disconnect", () => process.exit())
  // Ctrl-C goes to every process of a terminal: the one that has started this one decides.
  process.on("SIGINT", () => {})
  setPriority(NICENESS)
  const own = await loadBlueprints(blueprints)
  // The process that asks has its own cache, and asks again where something was set aside.
  const library = openLibrary(directory, { cached: 0, key, compiler: COMPILER })
  const place = {
    directory,
    library,
    blueprints: own,
    nowMs: Date.now,
    patienceMs,
    reached: (stage: JobStage): void => {
      say({ stage })
      reached(stage)
    },
  }
  process.on("message", (request: JobRequest) => {
    void compileJob(request, place).then((compiled) => say({ compiled }))
  })
}
