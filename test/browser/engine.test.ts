/**
 * The browser bundle of an engine, as a user's bundler makes it, in real Chromium: it tunes a plant with and without cross-origin
 * isolation, and fetches what homeostasis and sinks need by itself. Replicas on a page are tuned by a tuner in this process.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundle, type Chunk } from "../../scripts/bundle.ts"
import { launchChromium, type Page, pageOf, serve } from "./chromium.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import { createTuner } from "../../src/replica/createTuner.ts"
import type { Replicated, Ruled, Tuned } from "./tune.entry.ts"

const here = import.meta.dirname
let browser: Browser
let chunks: ReadonlyArray<Chunk>

beforeAll(async () => {
  chunks = await bundle(readFileSync(join(here, "tune.entry.ts"), "utf8"))
  browser = await launchChromium()
  // A bundle is made and a browser begun: on a busy machine that takes longer than a hook usually may.
})

afterAll(() => browser?.close())

let plain: Promise<Tuned> | null = null
/** What `tune` finds on a page without isolation: run once. */
const tunedPlainly = (): Promise<Tuned> => (plain ??= call("tune", false))

/** What the function of the entry with this name resolves to on a page. */
async function call<A>(
  name: string,
  isolated: boolean,
  without: ReadonlyArray<Chunk> = [],
  given: unknown = null,
  handle?: Page["handle"],
): Promise<A> {
  const served = await serve({ files: pageOf(chunks, without), isolated, ...(handle && { handle }) })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(served.url)
    return await page.evaluate(
      ([asked, value]) =>
        (globalThis as unknown as Record<string, (given: unknown) => Promise<A>>)[asked](value),
      [name, given] as const,
    )
  } finally {
    await context.close()
    await served.close()
  }
}

describe("the engine's bundle in Chromium", () => {
  it("tunes a plant without cross-origin isolation, in memory that is not shared", async () => {
    const { isolated, shared, before, after, applies } = await tunedPlainly()
    expect({ isolated, shared }).toEqual({ isolated: false, shared: false })
    expect(applies).toBeGreaterThan(20)
    expect(after).toBeLessThan(before / 10)
  })

  it("does the same with isolation, with the configuration in shared memory", async () => {
    const isolated = await call<Tuned>("tune", true)
    expect(isolated).toMatchObject({ isolated: true, shared: true })
    expect({ ...isolated, isolated: false, shared: false }).toEqual(await tunedPlainly())
  })

  it("fetches the part for homeostasis when it starts", async () => {
    expect(chunks.length).toBeGreaterThan(1)
    expect(await tunedPlainly()).toMatchObject({ regimes: expect.any(Number) })
  })

  it("fetches the part for audit sinks when it starts", async () => {
    expect(await call("audited", false)).toEqual(
      expect.arrayContaining(["engineStarted", "safeModeEntered", "engineStopped"]),
    )
  })

  it("fetches the parts for rules with shields and warnings, and for a meta level, when it starts", async () => {
    const { shield } = synthesizeShield({
      knobs: [{ name: "x", cuts: [0.5] }],
      rule: parseFormula("x < 0.5", { channels: { x: "number" } }),
      waits: true,
    })
    const { highest, clipped, probability, moves, reasons } = await call<Ruled>(
      "ruled",
      false,
      [],
      shield?.table,
    )
    // The best place is at 0.7.
    expect(highest).toBeLessThan(0.5)
    expect(highest).toBeGreaterThan(0.45)
    expect(clipped).toBeGreaterThan(0)
    expect(reasons).toContain("clipped")
    expect(probability).toBeGreaterThanOrEqual(0)
    expect(moves).toBeGreaterThan(0)
  })

  it("names the missing part when it cannot be fetched", async () => {
    await expect(call("tune", false, chunks.slice(1))).rejects.toThrow(
      "Homeostasis and variants need a module that could not be loaded",
    )
    await expect(call("audited", false, chunks.slice(1))).rejects.toThrow(
      "Audit sinks need a module that could not be loaded",
    )
  })
})

describe("replicas on a page in Chromium", () => {
  const guardrails = { preset: "aggressive", appliesPerSecond: 1000, minIntervalUs: 0 } as const
  const tunerOf = () =>
    createTuner({
      name: "page",
      token: "of the page",
      engine: { params: { size: { min: 1, max: 100, initial: 80 } }, guardrails },
      replicas: { reportMs: 100, settleMs: 0, minSamples: 1 },
    })
  const ofPage = (tuner: ReturnType<typeof tunerOf>, token: string): Promise<Replicated> =>
    call<Replicated>("replicated", false, [], token, tuner.handle)

  it("follow the tuner of their server, stand on both sides of its pairs, and say goodbye", async () => {
    const tuner = tunerOf()
    void tuner.start()
    const { states, roles, sizes, failures } = await ofPage(tuner, "of the page")
    // A report may take too long on a busy machine; the next one makes up for it.
    expect(failures.filter((one) => one !== "signal timed out")).toEqual([])
    expect(states).toEqual(["following", "following", "following", "following"])
    expect(roles).toEqual(expect.arrayContaining(["plus", "minus"]))
    expect(sizes.length).toBeGreaterThan(2)
    expect(tuner.status().stages).toBeGreaterThan(0)
    expect(tuner.replicas()).toEqual([])
    await tuner.stop()
  })
})
