/** What can be seen of the kernels that are compiled for the grafts of a host. Types only: what compiles them is Node's. */
import type { Planting, Socket } from "../contracts/Host.ts"

/** How grafts are compiled, and what of that is done before they are planted. */
export interface CompileSettings {
  readonly mode: "standard" | "aggressive"
  /**
   * `all`: when the host starts, every blueprint that it can plant is compiled for every socket, in the background, unless its library
   * has it. `asked`: as soon as you or the policy has asked for a blueprint, it is compiled for its socket and every number of rows, before
   * it is planted. Needs `state`.
   */
  readonly prewarm?: "all" | "asked"
  /** Ends the prewarm after the kernel that is under way; so does the end of the host. */
  readonly signal?: AbortSignal
  /** Path of a file with the key that kernels are signed with, for a library that several machines fill. Needs `state`. */
  readonly key?: string
}

/** How grafts are compiled. */
export type CompileOption = CompileSettings["mode"] | CompileSettings

/** How far a prewarm is. */
export interface PrewarmView {
  /** Kernels that it has come to, and all of them. */
  readonly done: number
  readonly of: number
  /** Those that could not be compiled. */
  readonly refused: number
  /** Why it could not begin, or was broken off; empty where it was not. */
  readonly why: string
}

/** What a kernel is for: a blueprint with all of its parameters, and the value at its socket with the rows of a batch. */
export interface KernelWish {
  readonly blueprint: Planting["blueprint"]
  readonly parameters: Planting["parameters"]
  readonly shape: Socket["shape"]
}

/**
 * What became of a kernel. `ready`: it runs. `refused`: it could not be compiled, or did not pass its verification. `missed`: it runs, but
 * a pass of the host has other places than the kernel was compiled for, and goes on without it.
 */
export type KernelOutcome = "ready" | "refused" | "missed"

/** What became of a kernel, and why. */
export interface KernelNote extends KernelWish {
  readonly outcome: KernelOutcome
  /** Empty where it is ready. */
  readonly why: string
}

/** A kernel that a graft has asked for. */
export interface KernelView extends KernelWish {
  readonly status: KernelOutcome | "compiling"
  /** Why not all of it runs; empty where it does. */
  readonly why: string
}

/** The kernels of a host, and how often they ran. */
export interface KernelsView {
  /** By what all else is run: by the package's instructions, or by its plain loops where these cannot be run here. */
  readonly otherwise: "fast" | "reference"
  readonly kernels: ReadonlyArray<KernelView>
  /** Where it was asked for. */
  readonly prewarm?: PrewarmView
  /** Passes of grafts, by what ran them: a compiled kernel, or what else there is. */
  readonly passes: { readonly standard: number; readonly fast: number }
}
