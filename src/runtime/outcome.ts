/** How a call of a user's ended: with a value, with an error it is documented to give, or with a defect. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { AuditError, ConfigError, DigestError, EngineStateError, NoBaselineError } from "../domain/errors.ts"

/** What a call of a user's is documented to give. */
const EXPECTED = [AuditError, ConfigError, DigestError, EngineStateError, NoBaselineError]

/** The longest text of an error that is kept. */
const LONGEST = 200

/** An error in words. Whatever was thrown: it may be no error, and may throw when it is read. */
export function errorText(error: unknown): string {
  const exit = Effect.runSyncExit(Effect.sync(() => String(error)))
  return Exit.isSuccess(exit) ? exit.value.slice(0, LONGEST) : "something that cannot be read"
}

export type Outcome<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly error: unknown; readonly expected: boolean }

export function outcomeOf<A>(call: () => A): Outcome<A> {
  const exit = Effect.runSyncExit(Effect.sync(call))
  if (Exit.isSuccess(exit)) return { ok: true, value: exit.value }
  const error = Cause.squash(exit.cause)
  const expected = EXPECTED.some((one) => error instanceof one)
  return { ok: false, error, expected }
}
