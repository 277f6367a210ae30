/**
 * Compiles kernels into a library in this process: for a program that does nothing else meanwhile. A host takes `CompilerProcess`, because
 * a job here stops everything for as long as it takes, and has no limit.
 */
import type { Blueprint } from "../../blueprints/Blueprint.ts"
import type { Compiled, KernelCompiler } from "../../library/KernelCompiler.ts"
import type { Library } from "../../library/Library.ts"
import { compileJob } from "./compileJob.ts"

const PATIENCE_MS = 60_000

/** @param library the one that is open in `directory` */
export function compileHere(
  directory: string,
  library: Library,
  blueprints: ReadonlyArray<Blueprint> = [],
): KernelCompiler {
  const place = {
    directory,
    library,
    blueprints,
    nowMs: Date.now,
    patienceMs: PATIENCE_MS,
    reached: (): void => {},
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    compile: (key) => {
      const next = last.then((): Promise<Compiled> => compileJob({ key, lost: [] }, place))
      last = next.catch(() => {})
      return next
    },
    close: async () => void (await last),
  }
}
