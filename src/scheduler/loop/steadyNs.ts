/** The clock of the drivers. */

/** Monotonic time of this thread in whole nanoseconds, as fine as the platform tells it. */
export const steadyNs = (): number => Math.round(globalThis.performance.now() * 1e6)
