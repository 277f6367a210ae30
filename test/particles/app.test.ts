/**
 * The example app in Chromium, in each of its versions: it starts, its knobs move until a frame takes what it should, also under a
 * heavy load, and SafeMode is opened and left by its button. Frames have a calculated cost and a time of their own (`?virtual`).
 */
import type { Browser, Page } from "playwright-core"
import { build } from "vite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { config } from "../../examples/particles/config.ts"
import { TARGET_MS } from "../../examples/particles/tuning.ts"
import { launchChromium, serve, type Served } from "../browser/chromium.ts"

declare const runFrames: (frames: number) => void
/** Pictures that were made, and those of them that are to be seen. */
declare const pictures: { made: number; seen: number }

const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", css: "text/css" }

let browser: Browser
let served: Served

beforeAll(async () => {
  const made = await build({ ...config, logLevel: "error", build: { ...config.build, write: false } })
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((one) => ("output" in one ? one.output : []))
  const files = Object.fromEntries(
    outputs.map((one) => [
      `/${one.fileName}`,
      {
        type: TYPES[one.fileName.split(".").at(-1) ?? ""] ?? "application/octet-stream",
        body: one.type === "chunk" ? one.code : String(one.source),
      },
    ]),
  )
  served = await serve({ files })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await served?.close()
})

/** What the panel says, in numbers. */
async function read(page: Page, id: string): Promise<number> {
  return Number((await page.textContent(`#${id}`))?.replace(/,/g, "").match(/[\d.]+/)?.[0])
}

describe.each([
  ["React", "index.html"],
  ["RxJS", "rxjs.html"],
  ["Solid", "solid.html"],
])("the particles in %s", (_name, file) => {
  it("reach the target, and again under load, by moving their knobs", async () => {
    const page = await browser.newPage()
    const complaints: Array<string> = []
    page.on("pageerror", (error) => complaints.push(String(error)))
    await page.goto(`${served.url}${file}?virtual`)
    await page.waitForFunction(() => typeof runFrames === "function")
    await page.evaluate(() => runFrames(1))
    const before = await read(page, "frame")
    expect(before).toBeGreaterThan(1.5 * TARGET_MS)

    await page.evaluate(() => runFrames(6_000))
    await expect.poll(() => read(page, "frame")).toBeLessThan(1.25 * TARGET_MS)
    expect(await read(page, "frame")).toBeGreaterThan(0.75 * TARGET_MS)
    const easy = { particles: await read(page, "particles"), resolution: await read(page, "resolution") }
    expect(easy.particles).toBeLessThan(12_000)

    await page.locator("#burden").fill("4")
    await page.evaluate(() => runFrames(12))
    await expect.poll(() => read(page, "frame")).toBeGreaterThan(1.25 * TARGET_MS)
    await page.evaluate(() => runFrames(9_000))
    await expect.poll(() => read(page, "frame")).toBeLessThan(1.25 * TARGET_MS)
    const loaded = { particles: await read(page, "particles"), resolution: await read(page, "resolution") }
    expect(loaded).not.toEqual(easy)
    expect(complaints).toEqual([])
    await page.close()
  })

  it("pause at a click, and continue at another", async () => {
    const page = await browser.newPage()
    await page.goto(`${served.url}${file}?virtual`)
    await page.waitForFunction(() => typeof runFrames === "function")
    await page.evaluate(() => runFrames(300))
    await page.click("#safe")
    await expect.poll(() => page.textContent("#mode")).toBe("SafeMode: manualTrigger")
    const still = await read(page, "particles")
    await page.evaluate(() => runFrames(600))
    expect(await read(page, "particles")).toBe(still)
    await page.click("#safe")
    await expect.poll(() => page.textContent("#mode")).toBe("tuning")
    await page.evaluate(() => runFrames(600))
    await expect.poll(() => read(page, "particles")).not.toBe(still)
    await page.close()
  })

  it("are redrawn seldom for a person who prefers less motion, and are still tuned", async () => {
    const page = await browser.newPage({ reducedMotion: "reduce" })
    await page.clock.install({ time: 0 })
    await page.goto(`${served.url}${file}`)
    await page.waitForFunction(() => document.querySelector("canvas:not(.trace)") !== null)
    await page.evaluate(() => {
      const put = CanvasRenderingContext2D.prototype.putImageData
      Object.assign(globalThis, { pictures: { seen: 0, made: 0 } })
      CanvasRenderingContext2D.prototype.putImageData = function (
        this: CanvasRenderingContext2D,
        ...picture: Parameters<typeof put>
      ) {
        pictures.made++
        if (this.canvas.isConnected) pictures.seen++
        put.apply(this, picture)
      } as typeof put
    })
    await page.clock.runFor(4_000)
    const { made, seen } = await page.evaluate(() => pictures)
    expect(made).toBeGreaterThan(50)
    expect(seen).toBeGreaterThan(0)
    expect(seen).toBeLessThan(4)
    await page.close()
  })

  it("state what is tuned and why, in a panel that fits a phone and works by keyboard", async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 568 } })
    await page.goto(`${served.url}${file}?virtual`)
    await page.waitForFunction(() => typeof runFrames === "function")
    await page.evaluate(() => runFrames(60))
    await expect.poll(() => page.textContent("#frame")).toContain(`target ${TARGET_MS}`)
    expect(await page.textContent("aside")).toContain("three knobs")
    const inside = await page.evaluate(() => {
      const panel = document.querySelector("aside")?.getBoundingClientRect() ?? new DOMRect()
      const nav = document.querySelector("nav")?.getBoundingClientRect() ?? new DOMRect()
      return (
        panel.left >= 0 && panel.right <= innerWidth && panel.bottom <= innerHeight && panel.top >= nav.bottom
      )
    })
    expect(inside).toBe(true)
    await page.focus("#burden")
    await page.keyboard.press("ArrowRight")
    expect(await page.inputValue("#burden")).toBe("1")
    await page.focus("#safe")
    await page.keyboard.press("Enter")
    await expect.poll(() => page.textContent("#mode")).toBe("SafeMode: manualTrigger")
    await page.close()
  })

  it("draw on a real canvas in real time", async () => {
    const page = await browser.newPage()
    const complaints: Array<string> = []
    page.on("pageerror", (error) => complaints.push(String(error)))
    await page.goto(`${served.url}${file}`)
    await page.waitForFunction(
      () => Number.parseFloat(document.querySelector("#frame")?.textContent ?? "") > 0,
    )
    const width = await page.evaluate(() => document.querySelector("canvas")?.width ?? 0)
    expect(width).toBeGreaterThan(100)
    expect(complaints).toEqual([])
    await page.close()
  })
})
