/**
 * One-for-one supervision: a child that dies is reported first (so that the plant is safe), then started anew, so many
 * times within so long; beyond that the failure goes up. Needed for every fiber of an engine.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { EngineFaultError } from "../domain/errors.ts"

/** A child as data: checked before anything starts. */
export interface ChildSpec {
  readonly name: string
  /** Runs for ever; ending in any other way than by interruption is a fault. */
  readonly run: Effect.Effect<unknown, unknown>
}

/** Restarts that are allowed within the time before it counts as hopeless. */
export interface Intensity {
  readonly restarts: number
  readonly withinMillis: number
}

export const DEFAULT_INTENSITY: Intensity = { restarts: 3, withinMillis: 60_000 }

/** Runs a child. `onFault` is called, synchronously, before anything else happens to it. */
export const supervise = Effect.fnUntraced(function* (
  child: ChildSpec,
  intensity: Intensity,
  onFault: (detail: string) => void,
): Effect.fn.Return<never, EngineFaultError> {
  let deaths: ReadonlyArray<number> = []
  for (;;) {
    const exit = yield* Effect.exit(child.run)
    if (exit._tag === "Failure" && Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
    const why = exit._tag === "Failure" ? Cause.pretty(exit.cause) : "it ended"
    const detail = `${child.name}: ${why.split("\n", 1)[0]}`
    onFault(detail)
    const now = yield* Clock.currentTimeMillis
    deaths = [...deaths.filter((at) => at > now - intensity.withinMillis), now]
    if (deaths.length > intensity.restarts) return yield* new EngineFaultError({ detail })
  }
})
