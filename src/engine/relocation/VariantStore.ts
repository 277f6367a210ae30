/**
 * Where a variant catalogue keeps its variants and the record of every step. Implement this interface to keep them
 * in your own database. The memory store is the default in browsers and tests, SQLite under Node.
 */
import * as Effect from "effect/Effect"
import { VariantError } from "../../domain/errors.ts"
import type { VariantRecord, VariantTransition } from "../../domain/Variant.ts"

/** Where a catalogue keeps variants and the record of their steps. */
export interface VariantStore {
  readonly name: string
  /** Where a person finds it. */
  readonly location?: string
  readonly read: (variant: string) => Effect.Effect<VariantRecord | null, VariantError>
  /** By name. */
  readonly list: Effect.Effect<ReadonlyArray<VariantRecord>, VariantError>
  /** Variants in a state that may be live, by name. If omitted, the whole list is read. */
  readonly live?: Effect.Effect<ReadonlyArray<VariantRecord>, VariantError>
  /** Changes whenever anything in the store changes, in any process. If omitted, every look reads everything. */
  readonly revision?: Effect.Effect<string, VariantError>
  /**
   * Stores a record together with the step that led to it, or neither, and only if the stored version is the
   * previous one (for version 1: if there is none). False means that someone else was faster and nothing was
   * stored.
   */
  readonly commit: (
    record: VariantRecord,
    transition: VariantTransition,
  ) => Effect.Effect<boolean, VariantError>
  /** Steps of one variant or of all, in the order they were taken. */
  readonly history: (variant?: string) => Effect.Effect<ReadonlyArray<VariantTransition>, VariantError>
  readonly close: Effect.Effect<void, VariantError>
}

/** Most variants and steps that memory holds. */
const MAX_VARIANTS = 10_000
const MAX_STEPS = 100_000

/** A store for the lifetime of the process. It keeps the latest hundred thousand steps. */
export function memoryVariants(): VariantStore {
  const records = new Map<string, VariantRecord>()
  let steps: Array<VariantTransition> = []
  let commits = 0
  return {
    name: "memory",
    read: (variant) => Effect.sync(() => records.get(variant) ?? null),
    list: Effect.sync(() => [...records.values()].sort((a, b) => (a.name < b.name ? -1 : 1))),
    revision: Effect.sync(() => String(commits)),
    commit: (record, transition) =>
      Effect.suspend(() => {
        const before = records.get(record.name)
        if ((before?.version ?? 0) !== record.version - 1) return Effect.succeed(false)
        if (before === undefined && records.size >= MAX_VARIANTS) return tooMany(record.name)
        records.set(record.name, record)
        commits++
        steps.push(transition)
        if (steps.length > 2 * MAX_STEPS) steps = steps.slice(-MAX_STEPS)
        return Effect.succeed(true)
      }),
    history: (variant) =>
      Effect.sync(() =>
        steps.slice(-MAX_STEPS).filter((step) => variant === undefined || step.variant === variant),
      ),
    close: Effect.void,
  }
}

const tooMany = (variant: string): VariantError =>
  new VariantError({
    reason: "store",
    variant,
    problems: [
      { path: "", message: `is one too many: a catalogue in memory holds ${MAX_VARIANTS} variants.` },
    ],
  })
