/**
 * What the meta level knows between events, and what each event makes of it. The cells of the kernel are data in the context, replaced
 * and never written in place; the kernel itself is scratch, made anew wherever a context comes from.
 */
import { MetaTuner } from "../src/meta/MetaTuner.ts"
import type { MetaMove } from "../src/meta/MoveLog.ts"
import type { MetaTunerOptions } from "../src/meta/metaOptions.ts"

/** What `metaMachine` is started with. */
export interface MetaInput {
  readonly options: MetaTunerOptions
}

/** Context of `metaMachine`: plain data. */
export interface MetaContext {
  readonly options: MetaTunerOptions
  readonly cells: Float64Array
  /** The scalars in force, in the order of the options. */
  readonly values: ReadonlyArray<number>
  readonly trying: boolean
  readonly frozen: boolean
  readonly preset: number
  readonly nowUs: number
}

/** What `metaMachine` answers to. */
export type MetaEvent =
  /** A cycle was completed; `mayMove`: a change would be recorded, and SafeMode is closed. */
  | { readonly type: "scored"; readonly score: number; readonly mayMove: boolean; readonly nowUs: number }
  | { readonly type: "rolledBack"; readonly nowUs: number }
  | { readonly type: "safeModeOpened"; readonly nowUs: number }
  | { readonly type: "safeModeClosed"; readonly nowUs: number }
  /** A person stops it for good. */
  | { readonly type: "killed"; readonly nowUs: number }

/** The meta level has moved. */
export interface MetaMovedEvent {
  readonly type: "metaMoved"
  readonly move: MetaMove
  readonly nowUs: number
}

type Change = Partial<MetaContext> & { readonly moves: ReadonlyArray<MetaMove> }

/** One kernel per set of options: its cells are written before it is used. */
const kernels = new WeakMap<MetaTunerOptions, MetaTuner>()

function kernelOf({ options, cells }: Pick<MetaContext, "options" | "cells">): MetaTuner {
  let kernel = kernels.get(options)
  if (kernel === undefined) kernels.set(options, (kernel = new MetaTuner(options)))
  kernel.cells.set(cells)
  return kernel
}

const valuesOf = (kernel: MetaTuner, { scalars }: MetaTunerOptions): ReadonlyArray<number> =>
  scalars.map((_, i) => kernel.value(i))

export function initialMeta({ options }: MetaInput): MetaContext {
  const kernel = new MetaTuner(options)
  kernels.set(options, kernel)
  const cells = kernel.cells.slice()
  return {
    options,
    cells,
    values: valuesOf(kernel, options),
    trying: false,
    frozen: false,
    preset: 0,
    nowUs: 0,
  }
}

function changed(kernel: MetaTuner, { options }: MetaContext, before: number, nowUs: number): Change {
  return {
    cells: kernel.cells.slice(),
    values: valuesOf(kernel, options),
    trying: kernel.trying,
    frozen: kernel.frozen,
    preset: kernel.preset,
    nowUs,
    moves: kernel.moved === before ? [] : kernel.moves().slice(before - kernel.moved),
  }
}

/** A cycle was scored. */
export function judged(c: MetaContext, { score, mayMove, nowUs }: MetaEvent & { type: "scored" }): Change {
  const kernel = kernelOf(c)
  const before = kernel.moved
  kernel.observe(score)
  if (mayMove) kernel.commit()
  else kernel.refuse()
  return changed(kernel, c, before, nowUs)
}

/** Everything is as at the start, for good. */
export function killed(c: MetaContext): Change {
  const kernel = kernelOf(c)
  const before = kernel.moved
  kernel.kill()
  return changed(kernel, c, before, c.nowUs)
}

/** Somebody else decided about the plant: what is on trial is taken back. */
export function interrupted(c: MetaContext): Change {
  const kernel = kernelOf(c)
  const before = kernel.moved
  kernel.rollback()
  return changed(kernel, c, before, c.nowUs)
}
