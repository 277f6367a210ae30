/** What can be seen of the kernels that are compiled for the grafts of a host. Types only: what compiles them is Node's. */
import type { Planting, Socket } from "../contracts/Host.ts"

/** How grafts are compiled. */
export type CompileOption = "standard"

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
  /** Passes of grafts, by what ran them: a compiled kernel, or what else there is. */
  readonly passes: { readonly standard: number; readonly fast: number }
}
