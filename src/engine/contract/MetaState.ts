/** The meta level of an engine, as its snapshot shows it. */
import type { MetaAct } from "../../domain/words.ts"

/** What the meta level does; of an engine with `meta`. */
export interface MetaState {
  readonly depth: number
  readonly phase: "watching" | "trying" | "frozen" | "paused" | "stopped"
  /** The gains in force, by name. */
  readonly gains: Readonly<Record<string, number>>
  readonly moves: number
  /** The last move; null before the first. */
  readonly last: {
    readonly act: MetaAct
    readonly gain: string | null
    readonly value: number
    readonly before: number
    readonly atUs: number
  } | null
}

/** The meta level of one engine. */
export interface MetaPort {
  readonly state: () => MetaState
  /** The kill switch: all gains as they were configured, to the last bit, for good. */
  readonly stop: (nowUs: number) => void
}
