/** The function that callers have in place of the one they had: it passes each call on to whatever its owner's target is now. */
import type { AnyFunction } from "./pieces.ts"

/** @param like what callers had: name and length are its own */
export function passingOn(owner: { readonly target: AnyFunction }, like: AnyFunction): AnyFunction {
  const call = function (this: unknown): unknown {
    // `arguments` that are only passed on are never made; used anywhere else they would cost each call an object.
    // oxlint-disable-next-line prefer-rest-params
    return Reflect.apply(owner.target, this, arguments)
  }
  for (const field of ["name", "length"] as const)
    Object.defineProperty(call, field, { value: like[field], configurable: true })
  return call
}
