/** A typed snapshot of an engine, for both faces of it. Apart from them, so that neither carries the other along. */
import type { KnobValues } from "./contract/KnobValues.ts"
import type { EngineCore } from "./EngineCore.ts"
import type { EngineSnapshot } from "./contract/EngineSnapshot.ts"

/** The names of a core's values are those of its configuration: the type only says so. */
export const snapshotOf = <K extends string>(core: EngineCore): EngineSnapshot<KnobValues<K>> =>
  core.snapshot() as EngineSnapshot<KnobValues<K>>
