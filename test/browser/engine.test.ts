/**
 * The browser bundle of an engine, as a user's bundler makes it, in real Chromium: it tunes a plant with and without cross-origin
 * isolation, and fetches what homeostasis needs by itself.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundle, type Chunk } from "../../scripts/bundle.ts"
import { launchChromium, serve } from "./chromium.ts"
import type { Tuned } from "./tune.entry.ts"

const here = import.meta.dirname
let browser: Browser
let chunks: ReadonlyArray<Chunk>

beforeAll(async () => {
  chunks = await bundle(readFileSync(join(here, "tune.entry.ts"), "utf8"))
  browser = await launchChromium()
  // A bundle is made and a browser begun: on a busy machine that takes longer than a hook usually may.
})

afterAll(() => browser?.close())

const filesOf = ([entry, ...later]: ReadonlyArray<Chunk>, without: ReadonlyArray<Chunk> = []) => ({
  "/": {
    type: "text/html",
    body: `<!doctype html><title>t</title><script type="module" src="/${entry.name}"></script>`,
  },
  ...Object.fromEntries(
    [entry, ...later]
      .filter((chunk) => !without.includes(chunk))
      .map(({ name, code }) => [`/${name}`, { type: "text/javascript", body: code }]),
  ),
})

async function run(isolated: boolean, without: ReadonlyArray<Chunk> = []): Promise<Tuned> {
  const served = await serve({ files: filesOf(chunks, without), isolated })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(served.url)
    return await page.evaluate(() => (globalThis as unknown as { tune: () => Promise<Tuned> }).tune())
  } finally {
    await context.close()
    await served.close()
  }
}

describe("the engine's bundle in Chromium", () => {
  it("tunes a plant without cross-origin isolation, where no memory can be shared", async () => {
    const { isolated, shared, before, after, applies } = await run(false)
    expect({ isolated, shared }).toEqual({ isolated: false, shared: false })
    expect(applies).toBeGreaterThan(20)
    expect(after).toBeLessThan(before / 10)
  })

  it("does the same with it, with the configuration in shared memory", async () => {
    const isolated = await run(true)
    expect(isolated).toMatchObject({ isolated: true, shared: true })
    expect({ ...isolated, isolated: false, shared: false }).toEqual(await run(false))
  })

  it("fetches the part that homeostasis needs at its start", async () => {
    expect(chunks.length).toBeGreaterThan(1)
    expect(await run(false)).toMatchObject({ regimes: expect.any(Number) })
  })

  it("names the missing part when it cannot be fetched", async () => {
    await expect(run(false, chunks.slice(1))).rejects.toThrow("need a module that could not be loaded")
  })
})
