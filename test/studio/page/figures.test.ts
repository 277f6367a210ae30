/** Pictures that people read values from: their text can be read when they come up, they cost little to show, and they answer to a pointer. */
import { createFleet, type Studio } from "arqon"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { launch, look, type Looks, type Seen } from "./browser.ts"
import { openShelf, type Service, type Shelf, startService } from "./rig.ts"
import { soon } from "./soon.ts"

let browser: Browser
let service: Service
let live: Studio
let shelf: Shelf

beforeAll(async () => {
  ;[browser, service, shelf] = await Promise.all([launch(), startService(), openShelf()])
  live = await service.engine.studio({ name: "quotes" })
  service.work(200)
})

afterAll(async () => {
  await Promise.allSettled([browser?.close(), live?.stop(), service?.engine.stop(), shelf?.close()])
})

async function seeing(url: string, looks: Looks = {}): Promise<Seen> {
  const seen = await look(browser, url, { still: true, ...looks })
  onTestFinished(() => seen.close())
  return seen
}

/** Height in CSS pixels of the smallest text of a drawing, as it is seen now. */
const smallest = (drawing: Locator): Promise<number> =>
  drawing.evaluate((svg) =>
    Math.min(
      ...[...svg.querySelectorAll("text")].map(
        (text) => Number.parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM()?.d ?? 0),
      ),
    ),
  )

/** Less than half a CSS pixel of rounding. */
const LEAST_PX = 10.95

/** The page, its style, code and fonts, the chart, and what the server knows. */
const MOST_REQUESTS = 12

const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }

describe("a statechart", () => {
  it.each([desk, phone])("has text of at least 11 px at first, at a width of $width", async (size) => {
    const { page, complaints } = await seeing(`${live.url}#/statecharts`, size)
    const first = page.locator(".statechart")
    await first.locator(".state[data-active]").first().waitFor()
    await soon(async () => (await smallest(first)) >= LEAST_PX).toBe(true)
    const actors = page.locator(".actors .actor:not([disabled])")
    await actors.first().waitFor()
    const names = await actors.locator(".name").allTextContents()
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      await actors.filter({ has: page.getByText(name, { exact: true }) }).click()
      await page.locator(".canvas").getByRole("heading", { name, exact: true }).waitFor()
      const drawing = page.locator(".statechart")
      await drawing.locator(".state[data-active]").first().waitFor()
      await soon(async () => [name, (await smallest(drawing)) >= LEAST_PX]).toEqual([name, true])
      // What is active is what one sees first.
      const lit = drawing.locator(".state[data-active] > .title").last()
      const [inner, outer] = [await lit.boundingBox(), await page.locator(".stage").boundingBox()]
      expect([name, inner !== null && outer !== null && inner.x >= outer.x && inner.y >= outer.y]).toEqual([
        name,
        true,
      ])
    }
    expect(complaints).toEqual([])
  })

  it("needs at most a dozen requests, none twice, and computes no layout", async () => {
    const context = await browser.newContext({ viewport: desk })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const asked: Array<string> = []
    const workers: Array<string> = []
    page.on("request", (request) => asked.push(new URL(request.url()).pathname))
    page.on("worker", (worker) => workers.push(worker.url()))
    await page.goto(`${live.url}#/statecharts`)
    await page.waitForSelector(".statechart .state[data-active]", { timeout: 120_000 })
    expect(asked.length).toBeLessThanOrEqual(MOST_REQUESTS)
    // The link with its token leads to the page without it.
    expect(asked.filter((path, i) => path !== "/" && asked.indexOf(path) < i)).toEqual([])
    expect(workers).toEqual([])
  })
})

/** Where a point of a drawing's own units is on the screen. */
const onScreen = (drawing: Locator, x: number, y: number): Promise<{ x: number; y: number }> =>
  drawing.evaluate(
    (svg, at) => {
      const { x: left, y: top } = new DOMPoint(at.x, at.y).matrixTransform(
        (svg as SVGSVGElement).getScreenCTM() ?? undefined,
      )
      return { x: left, y: top }
    },
    { x, y },
  )

async function point(page: Page, drawing: Locator, x: number, y: number): Promise<void> {
  await drawing.scrollIntoViewIfNeeded()
  const at = await onScreen(drawing, x, y)
  await page.mouse.move(at.x, at.y)
}

describe("a plot of a solver's run", () => {
  async function plotsOf(looks: Looks = {}): Promise<Page> {
    const { page } = await seeing(`${shelf.url}#/solver`, looks)
    await page.getByRole("region", { name: "Parameter importance" }).waitFor()
    return page
  }
  const readoutBeside = (drawing: Locator): Locator =>
    drawing.locator("xpath=ancestor::*[contains(@class,'plots') or @role='img'][last()]").locator(".readout")

  it("marks and describes the evaluation under the pointer, and then clears both", async () => {
    const page = await plotsOf()
    const slice = page.locator(".slice").first()
    const dot = slice.locator("circle.best").first()
    const [cx, cy] = [await dot.getAttribute("cx"), await dot.getAttribute("cy")].map(Number)
    const drawing = slice.locator("svg")
    await point(page, drawing, cx, cy)
    const ring = slice.locator("circle.ring")
    await soon(() => ring.getAttribute("visibility")).toBe("visible")
    expect([await ring.getAttribute("cx"), await ring.getAttribute("cy")].map(Number)).toEqual([cx, cy])
    const readout = readoutBeside(drawing)
    expect(await readout.textContent()).toMatch(/^evaluation \d+ · \w+ · value .* · rate .* · x .* · y /)
    await page.mouse.move(0, 0)
    await soon(() => readout.textContent()).toBe("")
    expect(await ring.getAttribute("visibility")).toBe("hidden")
  })

  it("follows one evaluation through all parameters", async () => {
    const page = await plotsOf()
    const drawing = page.locator("svg.parallel")
    const way = (await drawing.locator("path.best").getAttribute("d")) ?? ""
    const [x, y] = (/^M(\S+) ([^LM]+)/.exec(way) ?? []).slice(1).map(Number)
    await point(page, drawing, x, y)
    const pointed = drawing.locator("path.pointed")
    await soon(() => pointed.getAttribute("d")).toMatch(/^M/)
    // One line, through the point, that ends at the value.
    const line = (await pointed.getAttribute("d")) ?? ""
    expect(line.startsWith(`M${x.toFixed(1)} ${y.toFixed(1)}L`)).toBe(true)
    expect(line.match(/[ML]/g)).toHaveLength(4)
    const readout = readoutBeside(drawing)
    expect(await readout.textContent()).toMatch(/^evaluation \d+ · /)
    await page.mouse.move(0, 0)
    await soon(() => pointed.getAttribute("d")).toBe("")
    expect(await readout.textContent()).toBe("")
  })

  it("describes the evaluation under the cursor, over time", async () => {
    const page = await plotsOf()
    const curve = page.getByRole("img", { name: /^Convergence: / })
    await curve.locator(".u-over").hover()
    await soon(() => curve.locator(".readout").textContent()).toMatch(/^evaluation \d+ · /)
  })

  it("has text of at least 11 px on a phone too", async () => {
    const page = await plotsOf(phone)
    expect(await smallest(page.locator("svg.parallel"))).toBeGreaterThanOrEqual(LEAST_PX)
  })
})

describe("the map of a fleet", () => {
  const ENGINES = 60
  const makeFleet = () =>
    createFleet({
      name: "tenants",
      engine: {
        params: { batch: { min: 1, max: 512, scale: "log", step: 1, initial: 32 } },
        seed: 42,
        clock: "manual",
        guardrails: "aggressive",
        window: { digests: 1, settleUs: 0 },
      },
    })
  const keyOf = (i: number): string => `tenant-${String(i).padStart(2, "0")}`

  async function openFleet() {
    const fleet = makeFleet()
    await fleet.start()
    for (let i = 0; i < ENGINES; i++) fleet.spawn(keyOf(i))
    const studio = await fleet.studio()
    onTestFinished(async () => {
      await studio.stop()
      await fleet.stop()
    })
    return { fleet, studio }
  }

  /** Places of the squares with a colour, read from what was painted. */
  const painted = (page: Page, name: string): Promise<ReadonlyArray<number>> =>
    page.locator("canvas.fleet-map").evaluate(
      (element, { token, count }) => {
        const canvas = element as HTMLCanvasElement
        // Read from a copy: the page's own canvas is made for drawing.
        const copy = Object.assign(document.createElement("canvas"), {
          width: canvas.width,
          height: canvas.height,
        })
        const ctx = copy.getContext("2d", { willReadFrequently: true })
        if (ctx === null || canvas.width === 0) return []
        ctx.drawImage(canvas, 0, 0)
        ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token).trim()
        const wanted = /^#(..)(..)(..)/
          .exec(ctx.fillStyle)
          ?.slice(1)
          .map((hex) => Number.parseInt(hex, 16))
        const size = 14
        const across = Math.floor(canvas.clientWidth / size)
        return Array.from({ length: count }, (_, place) => place).filter((place) => {
          const x = ((place % across) * size + size / 2) * devicePixelRatio
          const y = (Math.floor(place / across) * size + size / 2) * devicePixelRatio
          const [r, g, b] = ctx.getImageData(x, y, 1, 1).data
          return wanted !== undefined && [r, g, b].every((value, i) => value === wanted[i])
        })
      },
      { token: name, count: ENGINES },
    )

  it("shows the engine with SafeMode open as the only red square, with a link to it", async () => {
    const { fleet, studio } = await openFleet()
    fleet.get(keyOf(17))?.trip("look")
    const { page, complaints } = await seeing(studio.url, desk)
    const map = page.locator("canvas.fleet-map")
    await map.waitFor()
    await soon(() => map.getAttribute("aria-label")).toMatch(/^60 engines .*; 1 with SafeMode open\.$/)
    await soon(() => painted(page, "--trip-line")).toEqual([17])
    expect((await painted(page, "--line")).length).toBe(ENGINES - 1)
    const box = await map.boundingBox()
    const across = Math.floor((box?.width ?? 0) / 14)
    await map.click({ position: { x: (17 % across) * 14 + 7, y: Math.floor(17 / across) * 14 + 7 } })
    await soon(() => page.url()).toContain(`key=${keyOf(17)}`)
    expect(complaints).toEqual([])
  })

  it("is above rows whose lines grow only with the readings of their engine", async () => {
    const { fleet, studio } = await openFleet()
    const { page } = await seeing(`${studio.url}#/fleet`, desk)
    const lineOf = (key: string): Locator =>
      page.getByRole("link", { name: new RegExp(`^${key}`) }).locator(".spark-row path")
    await lineOf(keyOf(3)).waitFor({ state: "attached" })
    let nowUs = 0
    /** One more cycle of the engine, and how many points its line has then. */
    const worked = async (): Promise<number> => {
      const engine = fleet.ensure(keyOf(3))
      const { cycles } = engine.getSnapshot().counters
      for (let i = 0; i < 1_000 && engine.getSnapshot().counters.cycles === cycles; i++) {
        nowUs += 100_000
        engine.observe({ timestampUs: nowUs, objective: Math.abs(Math.log(engine.values.batch / 100)) })
        fleet.tick(nowUs)
      }
      return cycles + 1
    }
    const points = async (): Promise<number> =>
      ((await lineOf(keyOf(3)).getAttribute("d")) ?? "").match(/[ML]/g)?.length ?? 0
    await worked()
    await soon(() => lineOf(keyOf(3)).getAttribute("d")).toMatch(/^M0 11H84$/)
    await worked()
    await soon(points).toBe(2)
    await worked()
    await soon(points).toBe(3)
    expect(await lineOf(keyOf(4)).getAttribute("d")).toBeNull()
    // Drawn within its place, from edge to edge.
    const way = (await lineOf(keyOf(3)).getAttribute("d")) ?? ""
    const [xs, ys] = [/[ML](\S+) /g, / ([\d.]+)/g].map((form) =>
      [...way.matchAll(form)].map(([, n]) => Number(n)),
    )
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([0, 84])
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...ys)).toBeLessThanOrEqual(22)
  })
})
