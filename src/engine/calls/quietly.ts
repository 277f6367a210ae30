/** Goes on after a failure that was told elsewhere. `Effect.ignore` says the same, and carries loggers into every browser. */
import * as Effect from "effect/Effect"

/** Lets an error go by; a defect stays one. */
export const quietly = <A, R>(effect: Effect.Effect<A, unknown, R>): Effect.Effect<A | void, never, R> =>
  Effect.catch(effect, () => Effect.void)
