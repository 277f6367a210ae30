/**
 * The one `try` of this room. One needs it wherever the runtime calls code that is not its own: a listener, a sink, a getter of a
 * user's digest, a parser of bytes from a disk. It takes the argument apart from the function, so that a call allocates nothing.
 */

/**
 * `call(argument)`; where that throws, what `failed` makes of the error. `about` is handed to `failed`, so that it can be a function
 * that is made once.
 */
export function foreignCall<A, R, B = undefined>(
  call: (argument: A) => R,
  argument: A,
  failed: (error: unknown, about: B) => R,
  about?: B,
): R {
  try {
    return call(argument)
  } catch (error) {
    return failed(error, about as B)
  }
}
