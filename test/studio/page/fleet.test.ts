/** Two thousand engines in a real browser: finding one, watching it, steering it, and what all of that costs the fleet. */
import { createFleet, type Studio } from "arqon"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { barriers, crowding, launch, look, picture, type Seen } from "./browser.ts"
import { soon } from "./soon.ts"

const ENGINES = 2000
/** A busy machine may be slow to open a browser's page. */
const ROOM_MS = 150_000

const makeFleet = () =>
  createFleet({
    name: "tenants",
    engine: {
      params: {
        batch: { min: 1, max: 512, scale: "log", step: 1, initial: 32 },
        waitMs: { min: 0, max: 20, initial: 10 },
      },
      seed: 42,
      clock: "manual",
      guardrails: "aggressive",
      window: { digests: 1, settleUs: 0 },
    },
    shared: { database: { probing: 2 } },
  })

let browser: Browser
let fleet: ReturnType<typeof makeFleet>
let studio: Studio
let seen: Seen
let page: Page
let nowUs = 0

/** So many windows of one engine. */
function work(key: string, windows: number): void {
  const engine = fleet.ensure(key)
  for (let i = 0; i < windows; i++) {
    nowUs += 100_000
    engine.observe({ timestampUs: nowUs, objective: Math.abs(Math.log(engine.values.batch / 100)) })
    fleet.tick(nowUs)
  }
}

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

beforeEach(async () => {
  nowUs = 0
  fleet = makeFleet()
  await fleet.start()
  for (let i = 0; i < ENGINES; i++) {
    fleet.spawn(`tenant-${String(i).padStart(4, "0")}`, i % 100 === 7 ? { group: "database" } : {})
  }
  studio = await fleet.studio()
  seen = await look(browser, studio.url)
  page = seen.page
  await page.waitForSelector(".engines .engine", { timeout: ROOM_MS })
})

afterEach(async () => {
  await Promise.allSettled([seen?.close(), studio?.stop(), fleet?.stop()])
})

const rows = (): Promise<ReadonlyArray<string | null>> =>
  page.locator(".engines .engine .name").allTextContents()
const count = async (name: string): Promise<number> =>
  Number((await page.getByText(name, { exact: true }).locator("+ dd").textContent())?.replaceAll(/\D/g, ""))

describe("a fleet of two thousand engines", () => {
  it("is the first page if there is nothing else: a list with counts, paged by the server", async () => {
    expect(new URL(page.url()).hash).toMatch(/^#\/fleet/)
    await soon(async () => (await rows()).length).toBe(50)
    expect(await count("Engines")).toBe(ENGINES)
    await page.getByRole("button", { name: "Next" }).click()
    await soon(async () => (await rows())[0]).toBe("tenant-0050")
    await page.getByText("51–100 of 2 000 engines").waitFor()
    await page.getByRole("button", { name: "Previous" }).click()
    await soon(async () => (await rows())[0]).toBe("tenant-0000")
    expect(await page.getByRole("button", { name: "Previous" }).isDisabled()).toBe(true)
    expect(seen.complaints).toEqual([])
  })

  it("is searched by key, state and group, and shows events as they happen", async () => {
    await page.getByRole("searchbox").fill("1234")
    await soon(rows).toEqual(["tenant-1234"])
    await page.getByRole("searchbox").fill("")
    await page.getByLabel("Group").selectOption("database")
    await soon(async () => (await rows()).length).toBe(20)
    await page.getByLabel("Group").selectOption("")
    await page.getByLabel("State").selectOption("SafeMode open")
    await page.getByText("No engine matches.").waitFor()
    fleet.get("tenant-1999")?.trip("look")
    await soon(rows).toEqual(["tenant-1999"])
    await soon(() => count("SafeMode open")).toBe(1)
    const events = page.getByRole("region", { name: "Events, newest first" })
    await events.getByText("Tripped: manual trigger").waitFor()
    expect(await events.getByRole("link", { name: "tenant-1999" }).count()).toBe(1)
    expect(seen.complaints).toEqual([])
  })

  it("shows one engine on a click: knobs over time, the current phase, budgets, counters", async () => {
    work("tenant-0003", 60)
    await page.getByRole("link", { name: /^tenant-0003 awake/ }).click()
    const engine = fleet.get("tenant-0003")
    const knob = page.getByRole("article", { name: "Knob batch" })
    await soon(() => knob.locator("header .number").textContent()).toBe(String(engine?.values.batch))
    const lit = (): Promise<ReadonlyArray<string>> =>
      page
        .locator(".statechart .state[data-active]")
        .evaluateAll((states) => states.map((state) => (state as SVGElement).dataset["id"] ?? ""))
    await soon(lit).toContain(`spsaCycle.tuning.${engine?.getSnapshot().phase}`)
    // One more digest: the other side of the base is measured now.
    const before = engine?.getSnapshot().phase
    work("tenant-0003", 1)
    const after = engine?.getSnapshot().phase
    expect(after).not.toBe(before)
    await soon(lit).toContain(`spsaCycle.tuning.${after}`)
    await soon(() => count("Windows")).toBe(61)
    const dial = page.getByRole("meter", { name: "Applies a second" })
    await soon(() => dial.getAttribute("aria-valuemax")).toBe("20")
    // The way of the knob is this page's own: it grows while somebody looks.
    const chart = page.getByRole("img", { name: /^batch over time/ })
    work("tenant-0003", 20)
    await soon(() => chart.getAttribute("aria-label")).toMatch(/last [\d.]+, lowest [\d.]+, highest/)
    await picture(page, "fleet-engine")
    await page.getByRole("link", { name: "← tenants" }).click()
    await soon(async () => (await rows()).length).toBe(50)
    expect(seen.complaints).toEqual([])
  })

  it("is steered by key, after a confirmation and with a reason in the audit", async () => {
    work("tenant-0005", 20)
    await page.goto(`${studio.url}#/fleet?fleet=tenants&key=tenant-0005`)
    const steering = page.locator(".steering")
    const steer = page.getByRole("button", { name: "Steer" })
    await soon(() => page.locator(".hero .tag").textContent()).not.toBe("")
    await steer.click()
    expect(await steering.getByRole("button", { name: "Reset SafeMode" }).isDisabled()).toBe(true)
    await steering.getByRole("button", { name: "Trip SafeMode" }).click()
    const dialog = page.getByRole("dialog", { name: "Trip SafeMode?" })
    await dialog.getByRole("button", { name: "Trip SafeMode" }).click()
    await dialog.getByText("Give a reason").waitFor()
    expect(fleet.get("tenant-0005")?.getSnapshot().mode).toBe("adapting")
    await dialog.getByLabel("Reason").fill("its disk is full")
    await dialog.getByLabel("Your name").fill("Ada")
    await dialog.getByRole("button", { name: "Trip SafeMode" }).click()
    await dialog.waitFor({ state: "detached" })
    expect(fleet.get("tenant-0005")?.getSnapshot().safeMode?.reason).toBe("manualTrigger")
    await page.getByText("trip by Ada (studio, token): its disk is full").waitFor()
    await steer.click()
    await soon(() => steering.getByRole("button", { name: "Reset SafeMode" }).isDisabled()).toBe(false)
    // Nobody else was meant.
    expect(fleet.getSnapshot().safe).toBe(1)
    expect(seen.complaints).toEqual([])
  })

  it("names the engine below the pointer on the map, and what its tuning has brought", async () => {
    work("tenant-0000", 60)
    const map = page.locator(".fleet-map")
    const told = page.locator(".map p")
    await map.hover({ position: { x: 3, y: 3 } })
    await soon(() => told.textContent()).toMatch(
      /^tenant-0000: (?:\d+ % (?:better|worse) than in|no difference from) its first cycle\.$/,
    )
    await page.getByRole("searchbox").hover()
    await soon(() => told.textContent()).toMatch(/^2,?.?000 engines against their first cycle/)
    expect(seen.complaints).toEqual([])
  })

  it("is readable and accessible, without overlaps, also on a phone and in the dark theme", async () => {
    work("tenant-0003", 30)
    for (const address of ["#/fleet", "#/fleet?fleet=tenants&key=tenant-0003"]) {
      for (const looks of [{}, { width: 390, height: 844, theme: "dark" }] as const) {
        const other = await look(browser, `${studio.url}${address}`, { ...looks, still: true })
        await other.page.waitForSelector(".engines .engine, .statechart")
        const { overlaps, wider } = await other.page.evaluate(crowding)
        expect([address, looks, overlaps, wider]).toEqual([address, looks, [], 0])
        expect([address, await barriers(other.page)]).toEqual([address, []])
        await picture(
          other.page,
          `fleet-${address.includes("key") ? "one" : "list"}-${"width" in looks ? "phone" : "desk"}`,
        )
        await other.close()
      }
    }
  })
})
