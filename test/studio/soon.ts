/** Waits for what a page shows to become what is expected of it: no sleep, and room for a machine that is busy. */
import { expect } from "vitest"

const WAITS_MS = 15_000

/** Room for a browser to start and a page to open on a machine that is busy. */
export const HOOK_MS = 60_000

export const soon = <T>(look: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(look, { timeout: WAITS_MS, interval: 25 })
