/** Journals that a loss of power tore: reading each of them holds the thread, so nothing that must react runs beside it. */
import { describe } from "vitest"
import { testFaults } from "./shortForm.ts"

describe("an engine in a process of its own", () => {
  testFaults(({ kind }) => kind === "torn")
})
