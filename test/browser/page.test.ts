/**
 * The life of a page in real Chromium: hidden and back, put to sleep for hours, under a strict Content-Security-Policy, in a worker. Its
 * timers and frames come from Playwright's clock, so hours take no time.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { bundle, type Chunk } from "../../scripts/bundle.ts"
import { launchChromium, pageOf, serve, type Served } from "./chromium.ts"
import type { ofFrames, ofTimers, Ran, tune } from "./page.entry.ts"

/** What the entry puts on the page, and what a test keeps there. */
declare const life: {
  readonly ofFrames: typeof ofFrames
  readonly ofTimers: typeof ofTimers
  readonly tune: typeof tune
  framed: Awaited<ReturnType<typeof ofFrames>>
  timed: Awaited<ReturnType<typeof ofTimers>>
}

let browser: Browser
let chunks: ReadonlyArray<Chunk>
let served: Served
let page: Page
let complaints: Array<string>

/** Nothing from elsewhere, nothing inline, nothing made of text; and errors where a text would become code. */
const STRICT =
  "default-src 'none'; script-src 'self'; worker-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

beforeAll(async () => {
  chunks = await bundle(readFileSync(join(import.meta.dirname, "page.entry.ts"), "utf8"))
  served = await serve({
    headers: { "Content-Security-Policy": STRICT },
    files: pageOf(chunks),
  })
  browser = await launchChromium()
  // A bundle is made and a browser begun: on a busy machine that takes longer than a hook usually may.
})

afterAll(async () => {
  await browser?.close()
  await served?.close()
})

beforeEach(async () => {
  complaints = []
  page = await browser.newPage()
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("console", (message) => complaints.push(message.text()))
})

afterEach(async () => {
  await page.close()
  expect(complaints).toEqual([])
})

/** In a turn of the page's own: what a debugger runs may make code of texts, whatever the policy says. */
const tuned = (): Promise<Ran> =>
  page.evaluate(() => new Promise((resolve, reject) => setTimeout(() => life.tune().then(resolve, reject))))

describe("a page under a strict Content-Security-Policy", () => {
  it("tunes, and fetches what it needs later, with neither Node's process nor its Buffer", async () => {
    await page.goto(served.url)
    const ran = await tuned()
    expect(ran).toMatchObject({ document: true, process: "undefined", Buffer: "undefined" })
    expect(ran.applies).toBeGreaterThan(100)
    expect(ran.after).toBeLessThan(ran.before / 10)
  })

  it("does the same in a worker", async () => {
    await page.goto(served.url)
    const here = await tuned()
    // The address is the server's own: a worker's is a text that becomes code.
    const url = `${served.url}${chunks[0].name}`
    const other = await browser.newPage({ bypassCSP: true })
    await other.goto(served.url)
    const there = await other.evaluate(
      (address) =>
        new Promise<Ran>((resolve, reject) => {
          const worker = new Worker(address, { type: "module" })
          worker.addEventListener("message", ({ data }: MessageEvent<Ran>) => resolve(data))
          worker.addEventListener("error", ({ message }) => reject(new Error(message)))
        }),
      url,
    )
    await other.close()
    expect(there).toEqual({ ...here, document: false })
  })
})

describe("a hidden page", () => {
  beforeEach(async () => {
    await page.clock.install({ time: 0 })
    await page.goto(served.url)
    // From here on time passes only where a test says so.
    await page.clock.pauseAt(60_000)
  })

  it("does not count as silence for an engine driven by frames: it continues hours later", async () => {
    await page.evaluate(async () => void (life.framed = await life.ofFrames()))
    await page.clock.runFor(5_000)
    const before = await page.evaluate(() => life.framed.engine.getSnapshot())
    expect(before).toMatchObject({ mode: "adapting" })
    // A hidden page has no frames, a device that sleeps no time: each thing that was due comes once, afterwards.
    await page.clock.fastForward("08:00:00")
    await page.clock.runFor(5_000)
    const after = await page.evaluate(() => life.framed.engine.getSnapshot())
    expect(after.mode).toBe("adapting")
    expect(after.counters.trips).toMatchObject({ telemetryLost: 0, engineFault: 0 })
    expect(after.counters.applies).toBeGreaterThan(before.counters.applies + 20)
    expect(after.nowUs - before.nowUs).toBeGreaterThan(8 * 3_600_000_000)
  })

  const hidden = async (patient: boolean) => {
    await page.evaluate(async (long) => void (life.timed = await life.ofTimers(long)), patient)
    await page.clock.runFor(5_000)
    await page.evaluate(() => void (life.timed.state.heard = false))
    await page.clock.runFor(10_000)
    const away = await page.evaluate(() => life.timed.engine.getSnapshot())
    await page.evaluate(() => void (life.timed.state.heard = true))
    await page.clock.runFor(5_000)
    return { away, back: await page.evaluate(() => life.timed.engine.getSnapshot()) }
  }

  it("opens SafeMode with the page's clock, because windows expire", async () => {
    const { away, back } = await hidden(false)
    expect(away.safeMode).toMatchObject({ reason: "telemetryLost", exit: "timer" })
    expect(away.values).toEqual(away.base)
    expect(back.mode).toBe("safe")
  })

  it("does not open SafeMode if windows may take a day, and continues at once", async () => {
    const { away, back } = await hidden(true)
    expect(away.mode).toBe("adapting")
    expect(back.mode).toBe("adapting")
    expect(back.counters.applies).toBeGreaterThan(away.counters.applies + 10)
  })

  it("keeps adapting when the browser fires its timers once a minute", async () => {
    await page.evaluate(async () => {
      const { setTimeout: begin } = window
      const MINUTE_MS = 60_000
      window.setTimeout = ((call: () => void, ms = 0) => {
        const dueMs = performance.now() + ms
        return begin(call, Math.ceil(dueMs / MINUTE_MS) * MINUTE_MS - performance.now())
      }) as typeof setTimeout
      life.timed = await life.ofTimers(false)
    })
    await page.clock.runFor(180_000)
    const after = await page.evaluate(() => life.timed.engine.getSnapshot())
    expect(after).toMatchObject({ mode: "adapting", fault: null })
    expect(after.counters.restarts).toEqual([])
    expect(after.counters.cycles).toBeGreaterThan(100)
  })

  it("sleeps for hours and continues to adapt on its own clock", async () => {
    await page.evaluate(async () => void (life.timed = await life.ofTimers(false)))
    await page.clock.runFor(5_000)
    const before = await page.evaluate(() => life.timed.engine.getSnapshot())
    await page.clock.fastForward("08:00:00")
    await page.clock.runFor(5_000)
    const after = await page.evaluate(() => life.timed.engine.getSnapshot())
    expect(after).toMatchObject({ mode: "adapting", fault: null })
    expect(after.counters.restarts).toEqual([])
    expect(after.counters.applies).toBeGreaterThan(before.counters.applies + 10)
  })
})
