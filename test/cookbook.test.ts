/**
 * Runs every recipe of the cookbook as its page says, against the built package, and checks what it claims. `npm test` builds first.
 * Recipes in virtual time print the same everywhere. Those over real servers and threads end after some cycles, however long
 * these take, so what they find is checked within wide bounds only.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startPostgres } from "./adapters/startPostgres.ts"
import { numbersOf, output } from "./runProgram.ts"

const folder = resolve(import.meta.dirname, "../examples/cookbook")
const scratch = mkdtempSync(join(tmpdir(), "arqon-cookbook-"))
let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(scratch, { recursive: true, force: true })
})

/** A part of other recipes, not one by itself. */
const PARTS = ["openLoop.ts"]
const recipes = readdirSync(folder).filter((name) => !PARTS.includes(name))

/** What the output of a recipe must show. */
const findings: Readonly<Record<string, (text: string) => void>> = {
  "express.ts": (text) => {
    const [start, limit, cycles, applies] = numbersOf(text, /^limit/)
    // Eight slots, with room for noise; forty were far too many.
    expect(limit).toBeLessThan(start)
    expect(limit).toBeGreaterThanOrEqual(1)
    expect(applies).toBeGreaterThan(cycles)
    const [answered, refused, failed] = numbersOf(text, /answered/)
    expect(answered).toBeGreaterThan(0)
    expect(refused).toBeGreaterThan(0)
    expect(failed).toBe(0)
    expect(numbersOf(text, /^the health check/)).toEqual([200])
  },
  "batch.ts": (text) => {
    const [first, last] = numbersOf(text, /^a message/)
    expect(last).toBeLessThan(first / 3)
  },
  "cache-ttl.ts": (text) => {
    const [before, after] = numbersOf(text, /^time to live/)
    expect(after).toBeLessThan(before / 3)
    const [first, last] = numbersOf(text, /^cost/)
    expect(last).toBeLessThan(first / 3)
  },
  "prom-client.ts": (text) => {
    // Twenty-four is best for this consumer.
    const [start, end] = numbersOf(text, /^prefetch/)
    expect(start).toBe(160)
    expect(Math.abs(Math.log(end / 24))).toBeLessThan(0.5)
    const [first, last] = numbersOf(text, /^a job/)
    expect(last).toBeLessThan(first / 3)
    expect(text).toContain("problem: null")
  },
  "opentelemetry.ts": (text) => {
    // Seven seconds are best for these prices.
    const [start, end] = numbersOf(text, /^time to live/)
    expect(start).toBe(50)
    expect(Math.abs(Math.log(end / 7))).toBeLessThan(0.5)
    expect(text).toContain("problem: null")
  },
  "hedging.ts": (text) => {
    const [first, last] = numbersOf(text, /^a request/)
    expect(last).toBeLessThan(0.7 * first)
    // The constraint allows 1.25.
    expect(numbersOf(text, /^calls/)[1]).toBeLessThan(1.25)
  },
  "constraints.ts": (text) => {
    const [, , before] = numbersOf(text, /^start/)
    const [, , after, , p99] = numbersOf(text, /^end/)
    expect(after).toBeLessThan(0.6 * before)
    expect(p99).toBeLessThan(200)
    const [windows, beyond] = numbersOf(text, /^of/)
    expect(beyond / windows).toBeLessThan(0.05)
  },
  "game-loop.ts": (text) => {
    expect(numbersOf(text, /^first second/)[0]).toBeGreaterThan(10)
    const [alone, , particles] = numbersOf(text, /^alone/)
    const [crowded, , fewer] = numbersOf(text, /^beside/)
    for (const ms of [alone, crowded]) expect(Math.abs(Math.log(ms / 8))).toBeLessThan(0.2)
    expect(fewer).toBeLessThan(particles)
  },
  "pg-pool.ts": (text) => {
    const [start, size, cycles, applies] = numbersOf(text, /^pool/)
    expect(start).toBe(30)
    expect(size).toBeGreaterThanOrEqual(1)
    expect(size).toBeLessThanOrEqual(60)
    expect(applies).toBeGreaterThan(cycles)
    expect(numbersOf(text, /failed$/)).toEqual([0])
  },
  "worker-pool.ts": (text) => {
    const [digits, start, threads, cycles] = numbersOf(text, /digits a task/)
    expect([digits, start]).toEqual([64, 8])
    expect(threads).toBeGreaterThanOrEqual(1)
    expect(threads).toBeLessThanOrEqual(8)
    const [done, , applies] = numbersOf(text, /tasks done/)
    expect(done).toBeGreaterThan(0)
    expect(applies).toBeGreaterThan(cycles)
  },
  "leader.ts": (text) => {
    const [start, end, cycles] = numbersOf(text, /^batch/)
    expect(start).toBe(200)
    expect(end).toBeGreaterThan(15)
    expect(end).toBeLessThan(110)
    expect(cycles).toBeGreaterThanOrEqual(40)
    expect(text).toContain("adapting")
  },
  "incident.ts": (text) => {
    const [start, end, applies, rollbacks] = numbersOf(text, /^concurrency/)
    expect(start).toBe(24)
    expect(end).toBeGreaterThan(20)
    expect(end).toBeLessThan(36)
    expect(applies).toBeGreaterThan(50)
    expect(rollbacks).toBeGreaterThan(1)
  },
}

describe("the cookbook", () => {
  it("has a finding for every recipe", () => {
    expect(recipes.toSorted()).toEqual(Object.keys(findings).toSorted())
  })

  it.each(recipes)(
    "%s runs to its end and finds what it promises",
    async (name) => {
      const { port } = postgres
      const env = { DATABASE_URL: `postgres://arqon@127.0.0.1:${port}/postgres` }
      findings[name]?.(await output("node", [join(folder, name)], { cwd: scratch, env }))
    },
    // An end for what hangs: on a busy machine a cycle takes as long as its requests take.
    600_000,
  )
})
