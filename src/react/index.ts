/**
 * `arqon/react`: hooks over @xstate/react. `react` and `@xstate/react` are optional peers.
 *
 * Stability: stable.
 */
import { createEngineOn } from "../engine/createEngine.ts"
import { memoryPlatform } from "../engine/contract/Platform.ts"
import { useEngineOf } from "./useEngine.ts"

/**
 * An engine that lives as long as the component: created at the first render, started on mount, stopped on unmount.
 * The options are those of the first render. If the engine cannot start, the nearest error boundary gets the error.
 */
export const useEngine = useEngineOf(createEngineOn(memoryPlatform))

export { type SafeMode, useEngineState, useKnob, useKnobs, useSafeMode } from "./hooks.ts"
