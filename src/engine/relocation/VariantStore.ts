/**
 * Where a variant catalogue keeps its variants and the record of every step in their lives. One needs the interface to keep
 * them in a database of one's own; the memory store is the browser's default and that of tests, SQLite is Node's.
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
  /** Those in one of the states that may be live, by name; where left out the whole list is read for them. */
  readonly live?: Effect.Effect<ReadonlyArray<VariantRecord>, VariantError>
  /** Another one whenever anything in the store has changed, whoever did it; where left out every look reads everything. */
  readonly revision?: Effect.Effect<string, VariantError>
  /**
   * Keeps a record and the step that led to it, both or neither, only while the kept version is the one before (for version
   * 1: while there is none). False means that somebody else was faster, and that nothing was kept.
   */
  readonly commit: (
    record: VariantRecord,
    transition: VariantTransition,
  ) => Effect.Effect<boolean, VariantError>
  /** Steps in the order they were taken, of one variant or of all. */
  readonly history: (variant?: string) => Effect.Effect<ReadonlyArray<VariantTransition>, VariantError>
  readonly close: Effect.Effect<void, VariantError>
}

/** Variants and steps that memory holds at most. */
const MAX_VARIANTS = 10_000
const MAX_STEPS = 100_000

/** A store for as long as the process lives. Of the steps it keeps the latest hundred thousand. */
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
