/** How every view looks: readable for all in both themes, on a phone as on a desk, with nothing on top of anything. */
import type { Studio } from "arqon"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { barriers, crowding, launch, look, type Looks, picture, type Seen } from "./browser.ts"
import { openShelf, type Shelf, type Service, startService } from "./rig.ts"
import { HOOK_MS } from "./soon.ts"

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
}, HOOK_MS)

afterAll(async () => {
  // Whatever could not be begun has nothing to end.
  await Promise.allSettled([browser?.close(), live?.stop(), service?.engine.stop(), shelf?.close()])
})

/** Each view, what says that it is there, and on which studio. */
const views = [
  { name: "overview", on: "live", ready: ".tile dd:not(:text('–'))" },
  { name: "statecharts", on: "live", ready: ".statechart .state[data-active]" },
  { name: "audit", on: "live", ready: ".record" },
  { name: "fleet", on: "live", ready: ".engine" },
  { name: "solver", on: "shelf", ready: ".shares li" },
  { name: "overview", on: "shelf", ready: ".replay + .overview .dial[aria-valuenow]" },
] as const

/** Both studios in a page each, in which the tests go from view to view. */
function pagesWith(looks: Looks): { readonly show: (view: (typeof views)[number]) => Promise<Seen> } {
  const pages = {} as Record<"live" | "shelf", Seen>
  beforeAll(async () => {
    pages.live = await look(browser, live.url, looks)
    pages.shelf = await look(browser, shelf.url, looks)
  }, HOOK_MS)
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

  it.each(views)("$name ($on) has no barrier, no complaint and nothing that overlaps", async (view) => {
    const { page, complaints } = await pages.show(view)
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme)
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `${view.on === "shelf" && view.name === "overview" ? "replay" : view.name}-${theme}`)
    expect(complaints).toEqual([])
  })
})

describe.each([360, 768])("at %i pixels across", (width) => {
  const pages = pagesWith({ width, height: 780, still: true })

  it.each(views)("$name ($on) neither scrolls sideways nor overlaps", async (view) => {
    const { page } = await pages.show(view)
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    if (width === 360) await picture(page, `${view.name}-${view.on}-phone`)
  })
})

describe("the theme", () => {
  it("is chosen by a press, drawn in the charts too, and kept", async () => {
    const { page, close } = await look(browser, live.url, { theme: "light" })
    const button = page.getByRole("button", { name: /^Theme/ })
    await button.click()
    await button.click()
    const shown = (): Promise<string | undefined> =>
      page.evaluate(() => document.documentElement.dataset["theme"])
    expect(await shown()).toBe("dark")
    await page.reload()
    await page.waitForSelector(".tile")
    expect(await shown()).toBe("dark")
    const drawn = await page.evaluate(() => {
      const canvas = document.querySelector("canvas")
      const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
      let bright = 0
      for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200 && pixels[i + 2] > 240) bright++
      return bright
    })
    expect(drawn).toBeGreaterThan(50)
    await close()
  })
})
