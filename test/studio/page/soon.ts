/** Waits for what a page shows to become what is expected of it: no sleep, and room for a machine that is busy. */
import { expect } from "vitest"

export const soon = <T>(look: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(look, { interval: 25 })
