/** How a call of a user's ended: with a value, with an error it is documented to give, or with a defect. */
import {
  AuditError,
  ConfigError,
  DigestError,
  EngineStateError,
  NoBaselineError,
} from "../../domain/errors.ts"
import { foreignCall } from "./foreignCall.ts"

/** What a call of a user's is documented to give. */
const EXPECTED = [AuditError, ConfigError, DigestError, EngineStateError, NoBaselineError]

/** The longest text of an error that is kept. */
const LONGEST = 200

/** An error in words. Whatever was thrown: it may be no error, and may throw when it is read. */
export function errorText(error: unknown): string {
  return foreignCall(String, error, () => "something that cannot be read").slice(0, LONGEST)
}

export type Outcome<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly error: unknown; readonly expected: boolean }

/** An error that a call of a user's is documented to give; any other is a defect. */
export const isExpected = (error: unknown): boolean => EXPECTED.some((one) => error instanceof one)

const succeeded = <A>(call: () => A): Outcome<A> => ({ ok: true, value: call() })
const failed = (error: unknown): Outcome<never> => ({ ok: false, error, expected: isExpected(error) })

export const outcomeOf = <A>(call: () => A): Outcome<A> =>
  foreignCall<() => A, Outcome<A>>(succeeded, call, failed)
