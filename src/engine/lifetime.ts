/**
 * What the lifetimes of an engine and of a fleet have in common: a scope for the fibers beneath, one way to end it however it ends, and
 * the audit written out behind everything else. Needed where something that adapts a plant is begun.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import type { AuditError, ConfigError } from "../domain/errors.ts"
import { quietly } from "./calls/quietly.ts"
import { checkSpecs, type Supervision } from "./supervision/Supervision.ts"
import { type ChildSpec, startChildren, type SupervisorPort } from "./supervision/supervise.ts"

export interface Lifetime {
  /** Ends the children in reverse order, once; says what of the audit was left unwritten. */
  readonly stop: Effect.Effect<void, AuditError>
  /** The child that writes the audit out when it ends: put it behind the writers, before what is still to be audited. */
  readonly flush: ChildSpec
  /** Begins the children, or writes out what there is and fails where they cannot be. */
  readonly begin: (
    specs: ReadonlyArray<ChildSpec>,
    supervision: Supervision,
    port: SupervisorPort,
  ) => Effect.Effect<void, ConfigError>
}

/** Opens it in the scope at hand, before anything begins: whatever happens then, the plant is put on its base. */
export const openLifetime = Effect.fnUntraced(function* (
  finish: Effect.Effect<void, AuditError>,
): Effect.fn.Return<Lifetime, never, Scope.Scope> {
  const children = yield* Scope.make()
  // Filled by the children's own ends: a finalizer has no error channel.
  let unwritten: Exit.Exit<void, AuditError> = Exit.void
  const ended = Latch.makeUnsafe(false)
  let ending = false
  const report = Effect.suspend(() => unwritten)
  // Runs once: a second call waits for the first.
  const stop = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      if (ending) return restore(Effect.andThen(ended.await, report))
      ending = true
      return Effect.andThen(Effect.ensuring(Scope.close(children, Exit.void), ended.open), report)
    }),
  )
  yield* Effect.addFinalizer(() => quietly(stop))
  return {
    stop,
    flush: {
      name: "audit",
      run: Effect.never,
      stop: Effect.map(Effect.exit(finish), (exit) => void (unwritten = exit)),
    },
    begin: Effect.fnUntraced(function* (specs, supervision, port) {
      const error = checkSpecs(specs)
      if (error !== null) {
        yield* quietly(finish)
        return yield* error
      }
      supervision.expect(specs)
      yield* startChildren(specs, children, port)
    }),
  }
})
