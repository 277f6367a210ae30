/** What components see of an engine. Each hook re-renders only when its result changes. */
import { useSelector } from "@xstate/react"
import { useMemo, useSyncExternalStore } from "react"
import { ConfigError } from "../domain/errors.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"
import type { SafeModeState } from "../engine/contract/EngineSnapshot.ts"
import { noteOf } from "../engine/contract/noteOf.ts"
import { type EngineView, storeOf, type View, type ViewState } from "./engineStore.ts"

/**
 * Selects from the state of an engine, or of a replica of a service. `isEqual` decides whether two selections are the same; by default they must be
 * one object.
 *
 * @example
 * const cycles = useEngineState(engine, ({ cycle }) => cycle?.cycles ?? 0)
 */
export function useEngineState<S extends ViewState, T>(
  engine: View<S>,
  pick: (snapshot: S) => T,
  isEqual?: (before: T, now: T) => boolean,
): T {
  const store = useMemo(() => storeOf(engine), [engine])
  // Hydration must find what the server rendered. By then the engine may have moved on; the next render shows that.
  const alive = useSyncExternalStore(nothingToHear, yes, no)
  return useSelector(alive ? store : store.served, pick, isEqual)
}

const nothingToHear = () => () => {}
const yes = (): boolean => true
const no = (): boolean => false

/**
 * The live value of one knob, in user units. Throws a ConfigError during render if the engine has no knob of that
 * name.
 */
export const useKnob = <K extends string>(engine: View<ViewState<K>>, name: NoInfer<K>): number =>
  useEngineState(engine, ({ values }) => {
    if (!Object.hasOwn(values, name)) throw noKnob(name, Object.keys(values))
    return values[name]
  })

const noKnob = (name: unknown, known: ReadonlyArray<string>): ConfigError =>
  new ConfigError({
    problems: [problem(["name"], `is not a knob of this engine: ${show(name)}.`, didYouMean(name, known))],
  })

/** The live values of all knobs. The same object until one of them changes. */
export const useKnobs = <K extends string>(engine: View<ViewState<K>>): Readonly<Record<K, number>> =>
  useEngineState(engine, ({ values }) => values, sameValues)

/** SafeMode, as a component needs it. */
export interface SafeMode {
  readonly open: boolean
  /** Why SafeMode is open, since when, and how to leave it; null while it is not open. */
  readonly state: SafeModeState | null
  /**
   * Opens SafeMode until `reset`; the note goes into the audit. Both can be used as an `onClick` directly: an event
   * is not taken for a note.
   */
  readonly trip: (note?: unknown) => void
  readonly reset: (note?: unknown) => void
}

/** Whether SafeMode is open and why, with the calls that open and leave it. */
export function useSafeMode<K extends string>(engine: EngineView<K>): SafeMode {
  const state = useEngineState(engine, ({ safeMode }) => safeMode, sameSafeMode)
  return useMemo(
    () => ({
      open: state !== null,
      state,
      trip: (note) => engine.trip(noteOf(note)),
      reset: (note) => engine.reset(noteOf(note)),
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
