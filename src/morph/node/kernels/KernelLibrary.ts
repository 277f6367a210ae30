/**
 * Kernels of a host that is kept: they are fetched from the library in its folder, and compiled for it by a process of their own where
 * they are not there. The next start of the host finds them. Code that another process has compiled is cold in this one, so a thread
 * warms each kernel up before the host gets it.
 */
import type { AnyBlueprint } from "../../blueprints/Blueprint.ts"
import type { KernelKey } from "../../compile/ArtifactStore.ts"
import type { Kernel } from "../../compile/Kernels.ts"
import { compileFor } from "../../library/KernelCompiler.ts"
import type { Library } from "../../library/Library.ts"
import { prewarm, type PrewarmOptions, type Prewarmed } from "../../library/prewarm.ts"
import { COMPILER } from "../compileKernel.ts"
import { CompilerProcess } from "../compiling/CompilerProcess.ts"
import { openLibrary } from "../library/openLibrary.ts"
import { compileHere } from "./compileHere.ts"
import { KernelPrefetch, type Prefetched } from "./KernelPrefetch.ts"
import type { KernelMaker } from "./KernelSupply.ts"
import { KernelThread } from "./KernelThread.ts"

/** The folder of its library in a host's folder. */
export const LIBRARY = "library"

/** Where a library is, and what its compiler needs. */
export interface KernelLibraryOptions {
  readonly directory: string
  /** URL of a module with blueprints of the caller's own. */
  readonly blueprints: string | null
  /** Path of the key that kernels are signed with; one in the library if null. */
  readonly key: string | null
  /** Whether the host's memory is shared by threads. */
  readonly isShared: boolean
}

export class KernelLibrary implements KernelMaker {
  private readonly options: KernelLibraryOptions
  private readonly compiler: CompilerProcess
  private readonly warming: KernelThread
  private readonly ending = new AbortController()
  private opened: Library | null = null
  private prefetching: KernelPrefetch | null = null

  constructor(options: KernelLibraryOptions) {
    this.options = options
    this.compiler = new CompilerProcess(options)
    this.warming = new KernelThread(options)
  }

  async make(key: KernelKey, own: AnyBlueprint | null): Promise<Kernel> {
    if (own !== null) return compileHere(key, own, { isShared: this.options.isShared })
    const fetched = await this.library().fetch(key)
    if (fetched.from === "none") throw new Error(fetched.why)
    const { bytes, descriptor } = fetched.kernel
    return this.warming.warmed(key, { bytes, guards: descriptor.guards, slower: descriptor.slower })
  }

  /** Compiles what is not there, in the background. Ends with the host. */
  async prewarm(keys: ReadonlyArray<KernelKey>, { said, signal }: PrewarmOptions): Promise<Prewarmed> {
    const signals = signal === undefined ? [this.ending.signal] : [this.ending.signal, signal]
    return prewarm(this.library(), keys, {
      ...(said === undefined ? {} : { said }),
      signal: AbortSignal.any(signals),
    })
  }

  /** Has those fetched that were not asked for before, in the background; returns how many these are. `said` of the first call hears of each. */
  prefetch(keys: ReadonlyArray<KernelKey>, said: Prefetched): number {
    return (this.prefetching ??= new KernelPrefetch(this.library(), said)).ask(keys)
  }

  async close(): Promise<void> {
    this.ending.abort()
    await this.warming.close()
    await this.compiler.close()
    await this.prefetching?.close()
    await this.opened?.close()
  }

  /** Opened where it is first needed: the folder around it is the host's, which looks first whose that is. */
  private library(): Library {
    if (this.ending.signal.aborted) throw new Error("its host has ended")
    const { directory, key } = this.options
    return (this.opened ??= openLibrary(directory, {
      key,
      compiler: COMPILER,
      compile: compileFor(this.compiler),
    }))
  }
}
