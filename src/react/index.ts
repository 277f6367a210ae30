/** `arqon/react`: hooks over @xstate/react. `react` and `@xstate/react` are optional peers. */
import { createEngineOn } from "../engine/createEngine.ts"
import { memoryPlatform } from "../engine/contract/Platform.ts"
import { useEngineOf } from "./useEngine.ts"

/**
 * An engine that lives as long as the component: made at the first render, started when it is there, stopped when it goes. The
 * options are those of the first render. An engine that cannot start goes to the nearest error boundary.
 */
export const useEngine = useEngineOf(createEngineOn(memoryPlatform))

export { type SafeMode, useEngineState, useKnob, useKnobs, useSafeMode } from "./hooks.ts"
