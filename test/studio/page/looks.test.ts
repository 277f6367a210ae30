/** How every view looks: readable for all in both themes, on a phone as on a desk, with nothing on top of anything. */
import { createEngine, type Studio } from "arqon"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { barriers, crowding, launch, look, type Looks, picture, type Seen } from "./browser.ts"
import { openShelf, type Shelf, type Service, startService } from "./rig.ts"
import { soon } from "./soon.ts"

let browser: Browser
let service: Service
let live: Studio
let shelf: Shelf

beforeAll(async () => {
  ;[browser, service, shelf] = await Promise.all([launch(), startService(), openShelf()])
  live = await service.engine.studio({ name: "quotes" })
  service.work(500)
  service.engine.trip("a look at the cache")
  service.work(60)
  service.engine.reset("the cache is well")
  service.work(400)
})

afterAll(async () => {
  // Whatever could not be begun has nothing to end.
  await Promise.allSettled([browser?.close(), live?.stop(), service?.engine.stop(), shelf?.close()])
})

/** Each view, what says that it is there, and on which studio. */
const views = [
  { name: "overview", on: "live", ready: ".hero .now:not(:text('–'))" },
  { name: "statecharts", on: "live", ready: ".statechart .state[data-active]" },
  { name: "audit", on: "live", ready: ".record" },
  { name: "fleet", on: "shelf", ready: ".engine" },
  { name: "solver", on: "shelf", ready: ".shares li" },
  { name: "overview", on: "shelf", ready: ".replay + .overview .dial[aria-valuenow]" },
] as const

/** Both studios in a page each, in which the tests go from view to view. */
function pagesWith(looks: Looks): { readonly show: (view: (typeof views)[number]) => Promise<Seen> } {
  const pages = {} as Record<"live" | "shelf", Seen>
  beforeAll(async () => {
    pages.live = await look(browser, live.url, looks)
    pages.shelf = await look(browser, shelf.url, looks)
  })
  afterAll(() => Promise.allSettled([pages.live?.close(), pages.shelf?.close()]))
  return {
    show: async ({ name, on, ready }) => {
      const seen = pages[on]
      await seen.page.evaluate((view) => (location.hash = `#/${view}`), name)
      await seen.page.waitForSelector(ready)
      return seen
    },
  }
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  const pages = pagesWith({ theme, still: true })

  it.each(views)("$name ($on) has no accessibility barrier, no error and no overlap", async (view) => {
    const { page, complaints } = await pages.show(view)
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme)
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `${view.on === "shelf" && view.name === "overview" ? "replay" : view.name}-${theme}`)
    expect(complaints).toEqual([])
  })
})

describe.each([360, 768])("at a width of %i pixels", (width) => {
  const pages = pagesWith({ width, height: 780, still: true })

  it.each(views)("$name ($on) neither scrolls sideways nor overlaps", async (view) => {
    const { page } = await pages.show(view)
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    if (width === 360) await picture(page, `${view.name}-${view.on}-phone`)
  })
})

describe("a chart that has not been fitted to its place yet", () => {
  it("makes the page no wider than a phone", async () => {
    const { page, close } = await look(browser, shelf.url, {
      width: 360,
      height: 780,
      still: true,
      before: () => {
        // Charts are fitted by an observer. One that never reports keeps the page in its first frame.
        window.ResizeObserver = class {
          observe(): void {}
          unobserve(): void {}
          disconnect(): void {}
        }
      },
    })
    await page.evaluate(() => (location.hash = "#/overview"))
    await page.waitForSelector(".replay + .overview .dial[aria-valuenow]")
    expect(await page.evaluate(() => document.querySelectorAll(".uplot").length)).toBeGreaterThan(3)
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await close()
  })
})

describe("names, notes and readings that nobody expects", () => {
  const long = "the_extremely_long_name_of_a_knob_that_nobody_should_have_chosen_but_somebody_did"
  const turning = "مهلة \u202eالاتصال"

  it.each([390, 1440])("stay in their places at a width of %i pixels, and reverse no line", async (width) => {
    const engine = createEngine({
      params: {
        [long]: { min: 1, max: 64, scale: "log" },
        [turning]: { min: 0, max: 1 },
        "<b>bold</b>": { min: 0, max: 1 },
      },
      seed: 1,
      clock: "manual",
      window: { digests: 2, settleUs: 0 },
    })
    await engine.start()
    const odd = await engine.studio({
      name: `${"quotes-of-the-blue-deployment-".repeat(4)}${"x".repeat(60)}`,
    })
    const { page, complaints, close } = await look(browser, odd.url, { width, height: 800, still: true })
    await page.locator(".objective").getByText("No window has closed with a value yet.").waitFor()
    for (let nowUs = 1; nowUs <= 120; nowUs++) {
      engine.observe({ timestampUs: nowUs * 100_000, objective: 1e300 * (1 + engine.values[long] / 1000) })
      engine.tick(nowUs * 100_000)
    }
    engine.trip(`${"x".repeat(300)} \u202eand so on`)
    await page.getByText("SafeMode is open", { exact: true }).waitFor()
    for (const [view, ready] of [
      ["overview", ".log .tag:text('SafeMode opened')"],
      ["audit", ".record"],
    ]) {
      await page.evaluate((hash) => (location.hash = `#/${hash}`), view)
      await page.waitForSelector(ready)
      expect([view, await page.evaluate(crowding)]).toEqual([view, { overlaps: [], wider: 0 }])
      // Of a mark that turns the direction nothing is left but what holds it in.
      const lines = await page.locator(".line, .note").allTextContents()
      expect(lines.filter((line) => /[\u202a-\u202e]/.test(line))).toEqual([])
    }
    expect(complaints).toEqual([])
    await close()
    await odd.stop()
    await engine.stop()
  })
})

describe("the theme", () => {
  it("is set by a click, also drawn in the charts, and kept", async () => {
    const { page, close } = await look(browser, live.url, { theme: "light" })
    const button = page.getByRole("button", { name: /^Theme/ })
    await button.click()
    await button.click()
    const shown = (): Promise<string | undefined> =>
      page.evaluate(() => document.documentElement.dataset["theme"])
    expect(await shown()).toBe("dark")
    await page.reload()
    await page.waitForSelector(".hero")
    expect(await shown()).toBe("dark")
    const drawn = (): Promise<number> =>
      page.evaluate(() => {
        const canvas = document.querySelector("canvas")
        const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
        let bright = 0
        for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200 && pixels[i + 2] > 240) bright++
        return bright
      })
    // Charts are drawn once the history has come.
    await soon(drawn).toBeGreaterThan(50)
    await close()
  })
})
