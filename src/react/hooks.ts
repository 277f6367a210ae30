/** What components see of an engine: each hook renders again only when what it gives has changed. */
import { useSelector } from "@xstate/react"
import { useMemo } from "react"
import type { ArqonEngine } from "../runtime/createEngine.ts"
import type { EngineSnapshot, SafeModeState } from "../runtime/EngineSnapshot.ts"
import { storeOf } from "./engineStore.ts"

type SnapshotOf<K extends string> = EngineSnapshot<Readonly<Record<K, number>>>

/**
 * Whatever is picked from an engine's state. `isEqual` says when two picks are the same; by default when they are one object.
 *
 * @example
 * const cycles = useEngineState(engine, ({ cycle }) => cycle?.cycles ?? 0)
 */
export function useEngineState<K extends string, T>(
  engine: ArqonEngine<K>,
  pick: (snapshot: SnapshotOf<K>) => T,
  isEqual?: (before: T, now: T) => boolean,
): T {
  const store = useMemo(() => storeOf(engine), [engine])
  return useSelector(store, pick, isEqual)
}

/** The live value of one knob, user units. */
export const useKnob = <K extends string>(engine: ArqonEngine<K>, name: NoInfer<K>): number =>
  useEngineState(engine, ({ values }) => values[name])

/** The live values of all knobs, one object as long as none of them changes. */
export const useKnobs = <K extends string>(engine: ArqonEngine<K>): Readonly<Record<K, number>> =>
  useEngineState(engine, ({ values }) => values, sameValues)

/** SafeMode as a component needs it. */
export interface SafeMode {
  readonly open: boolean
  /** Why, since when and how it is left; null while it is not open. */
  readonly state: SafeModeState | null
  /** Opens it until `reset`; the note goes into the audit. */
  readonly trip: (note?: string) => void
  readonly reset: (note?: string) => void
}

/** Whether SafeMode is open and why, with the calls that open and leave it. */
export function useSafeMode<K extends string>(engine: ArqonEngine<K>): SafeMode {
  const state = useEngineState(engine, ({ safeMode }) => safeMode, sameSafeMode)
  return useMemo(
    () => ({
      open: state !== null,
      state,
      trip: (note) => engine.trip(note),
      reset: (note) => engine.reset(note),
    }),
    [engine, state],
  )
}

function sameValues(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  for (const name in a) if (a[name] !== b[name]) return false
  return true
}

function sameSafeMode(a: SafeModeState | null, b: SafeModeState | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.reason === b.reason && a.sinceUs === b.sinceUs && a.exit === b.exit && a.deadlineUs === b.deadlineUs
  )
}
