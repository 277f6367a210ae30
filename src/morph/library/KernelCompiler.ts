/**
 * What makes kernels, as its users see it: a key goes in, and a kernel or a reason comes out. Under Node it is a process of its own
 * (`morph/node/compiling`), so that a host never waits for a compiler; a test or a short program compiles in its own process.
 */
import type { Problem } from "../../domain/Problem.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import type { KernelKey } from "../compile/ArtifactStore.ts"
import type { NewArtifact } from "./Descriptor.ts"

/** A kernel that has been verified, or why there is none. */
export type Compiled =
  | { readonly artifact: NewArtifact }
  | {
      readonly refused: ReadonlyArray<Problem>
      /** Whether the same key would be refused again: it cannot be compiled. Else something was in the way. */
      readonly isFinal: boolean
    }

export interface KernelCompiler {
  /** Never rejects. After a refusal, go on with the instructions of the SIMD module. */
  readonly compile: (key: KernelKey) => Promise<Compiled>
  /** Ends what is under way, which is refused then. */
  readonly close: () => Promise<void>
}

/** A compiler as a library asks it: a refusal is a `GrowthError`. */
export const compileFor =
  (compiler: KernelCompiler) =>
  async (key: KernelKey): Promise<NewArtifact> => {
    const compiled = await compiler.compile(key)
    if ("refused" in compiled) throw new GrowthError({ problems: compiled.refused })
    return compiled.artifact
  }
