/** Faults that are done to a living process: most of the time the test waits for it. */
import { describe } from "vitest"
import { testFaults } from "./shortForm.ts"

describe.concurrent("an engine in a process of its own", () => {
  testFaults(({ kind }) => kind !== "torn")
})
