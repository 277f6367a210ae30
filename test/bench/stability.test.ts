/** The short form of `npm run bench:stability`: one run of each kind through the whole engine. */
import { describe, expect, it } from "vitest"
import { KINDS, RESTLESS } from "../../bench/stability/plants.ts"
import { FAULT, run } from "../../bench/stability/run.ts"

const SEED = 7

describe("the stability latch, on simulated services", () => {
  it.each(KINDS)("trips on a $title after its fault, and not before or without one", async (kind) => {
    const faulty = await run(kind, SEED, true)
    expect(faulty.trip?.digest).toBeGreaterThan(FAULT)
    expect((await run(kind, SEED, false)).trip).toBeNull()
  })

  it.each(RESTLESS)("leaves a loop alone that is only restless: $title", async (kind) => {
    expect((await run(kind, SEED, false)).trip).toBeNull()
  })
})
