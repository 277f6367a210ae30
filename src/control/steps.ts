/**
 * Work in steps that are short enough for more urgent work to go between them: each `next()` does one. Analyses of a scheduled
 * engine are written so; everybody else finishes them at once.
 */
export type Steps<R> = Generator<undefined, R, undefined>

/** Does all steps now. */
export function finished<R>(steps: Steps<R>): R {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
