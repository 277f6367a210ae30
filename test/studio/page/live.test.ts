/** The page over an engine that works: what moves by itself, what a person may do, and what happens when the process goes. */
import type { Studio } from "arqon"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { launch, look, picture, type Seen } from "./browser.ts"
import { soon } from "./soon.ts"
import { type Service, startService } from "./rig.ts"

let browser: Browser
let service: Service
let studio: Studio
let seen: Seen
let page: Page

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

beforeEach(async () => {
  service = await startService()
  studio = await service.engine.studio({ name: "quotes" })
  service.work(150)
  seen = await look(browser, studio.url)
  page = seen.page
  await page.waitForSelector('body[data-connection="open"] .statechart, body[data-connection="open"] .hero')
})

afterEach(async () => {
  await Promise.allSettled([seen?.close(), studio?.stop(), service?.engine.stop()])
})

const generation = (): Promise<string | null> => page.getByText("Generation").locator("+ dd").textContent()
const plain = (text: string | null): number => Number((text ?? "").replaceAll(/\D/g, ""))
const word = (): Promise<string | null> => page.locator(".hero .word").textContent()

/** Opens the dialog of an action, says why, and confirms. */
async function steer(action: string, reason: string): Promise<void> {
  await page.getByRole("button", { name: "Steer" }).click()
  await page.locator(".steering").getByRole("button", { name: action, exact: true }).click()
  const dialog = page.getByRole("dialog", { name: `${action}?` })
  await dialog.getByLabel("Reason").fill(reason)
  await dialog.getByLabel("Your name").fill("Ada")
  await dialog.getByRole("button", { name: action, exact: true }).click()
  await dialog.waitFor({ state: "detached" })
}

describe("the overview", () => {
  it("shows the current state of the engine, and follows it", async () => {
    await soon(async () => plain(await generation())).toBe(service.engine.generation)
    expect(await word()).toBe("Adapting")
    service.work(90)
    await soon(async () => plain(await generation())).toBe(service.engine.generation)
    const { workers } = service.engine.values
    const knob = page.getByRole("article", { name: "Knob workers" })
    await soon(() => knob.locator("header .number").textContent()).toBe(String(workers))
    const chart = page.getByRole("img", { name: /^Objective over time/ })
    await soon(() => chart.getAttribute("aria-label")).toMatch(/last [\d.]+, lowest [\d.]+, highest/)
    expect(await page.getByRole("meter").count()).toBe(3 + 3 * 3)
    expect(seen.complaints).toEqual([])
  })

  it("keeps events that arrive while it loads the history", async () => {
    let letGo = (): void => {}
    const released = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let answered = 0
    await page.route("**/api/{audit,history}?*", async (route) => {
      const response = await route.fetch()
      answered++
      await released
      await route.fulfill({ response })
    })
    await page.reload()
    await soon(() => answered).toBe(2)
    const windows = service.engine.getSnapshot().counters.windows
    service.work(30)
    expect(service.engine.getSnapshot().counters.windows).toBeGreaterThan(windows)
    service.engine.trip("amid it")
    await soon(word).toBe("SafeMode is open")
    letGo()
    const opened = page.locator(".log .tag").getByText("SafeMode opened")
    await opened.waitFor()
    // Once only, however it came.
    expect(await opened.count()).toBe(1)
  })

  it("shows how much of a budget is used, also to a screen reader", async () => {
    const dial = page.getByRole("meter", { name: "Applies a second" })
    await soon(async () => Number(await dial.getAttribute("aria-valuenow"))).toBeGreaterThan(0)
    expect(await dial.getAttribute("aria-valuemax")).toBe("20")
    expect(await dial.getAttribute("aria-valuetext")).toMatch(/^\d+ of 20$/)
  })
})

describe("the statecharts", () => {
  const active = (): Promise<ReadonlyArray<string>> =>
    page
      .locator(".statechart .state[data-active]")
      .evaluateAll((states) => states.map((state) => (state as SVGElement).dataset["id"] ?? ""))

  it("highlight exactly the states of the actors, as they change", async () => {
    await page.getByRole("link", { name: "Statecharts" }).first().click()
    await page.getByRole("button", { name: /^Engine/ }).click()
    await soon(active).toEqual(["engine.running", "engine.running.adapting"])
    service.engine.trip("look")
    await soon(active).toEqual(["engine.running", "engine.running.safe"])
    // The way that was taken lights up.
    await soon(() => page.locator(".move.taken").count()).toBeGreaterThan(0)
    await page.getByRole("button", { name: /^Latch/ }).click()
    await soon(active).toEqual(["safeMode.open", "safeMode.open.untilReset"])
    service.engine.reset("done")
    await soon(active).toEqual(["safeMode.armed"])
    expect(seen.complaints).toEqual([])
  })

  it("respect reduced motion, and still show the path that was taken", async () => {
    const calm = await look(browser, `${studio.url}#/statecharts?actor=engine`, { still: true })
    await calm.page.waitForSelector(".state[data-active]")
    const lively = await look(browser, `${studio.url}#/statecharts?actor=engine`)
    await lively.page.waitForSelector(".state[data-active]")
    const spark = lively.page.waitForSelector(".spark", { state: "attached" })
    service.engine.trip("look")
    await spark
    await calm.page.waitForSelector(".move.taken")
    expect(await calm.page.locator(".spark").count()).toBe(0)
    await calm.close()
    await lively.close()
  })

  it("explain a state on a click, with links to the next ones", async () => {
    await page.goto(`${studio.url}#/statecharts?actor=engine`)
    await page.locator('[data-id="engine.running.safe"]').click()
    const about = page.getByRole("region", { name: "About the state" })
    await about.getByText("SafeMode is open: the plant is on its base or baseline").waitFor()
    await about.getByRole("button", { name: "→ adapting" }).first().click()
    await about.getByText("The cycle proposes, and Tier 1 applies").waitFor()
    expect(await page.locator('[data-id="engine.running.adapting"]').getAttribute("data-chosen")).toBe("")
  })

  it("log the events between the actors, and can pause the log", async () => {
    await page.goto(`${studio.url}#/statecharts?actor=engine/cycle`)
    await page.waitForSelector(".statechart")
    const log = page.getByRole("region", { name: "Events, newest first" })
    service.work(30)
    await log.getByText("proposal", { exact: true }).first().waitFor()
    await page.getByRole("button", { name: "Hold" }).click()
    const first = await log.locator("li").first().textContent()
    service.work(60)
    await page.getByText(/\d+ newer/).waitFor()
    expect(await log.locator("li").first().textContent()).toBe(first)
  })
})

describe("steering", () => {
  it("requires a reason, does what was confirmed, and is in the audit with the name", async () => {
    await page.getByRole("button", { name: "Steer" }).click()
    await page.locator(".steering").getByRole("button", { name: "Trip SafeMode" }).click()
    const dialog = page.getByRole("dialog", { name: "Trip SafeMode?" })
    await dialog.getByRole("button", { name: "Trip SafeMode" }).click()
    await dialog.getByText("Give a reason").waitFor()
    expect(service.engine.getSnapshot().safeMode).toBeNull()
    await page.keyboard.press("Escape")
    await steer("Trip SafeMode", "the cache is being moved")
    expect(service.engine.getSnapshot().safeMode?.reason).toBe("manualTrigger")
    const note = service.engine.audit.records().find(({ kind }) => kind === "safeModeEntered")?.note
    expect(note).toContain("the cache is being moved")
    expect(note).toContain("Ada")
    await soon(word).toBe("SafeMode is open")
    await soon(() => page.getByRole("alert").allTextContents()).toContainEqual(
      expect.stringContaining("SafeMode is open"),
    )
    await picture(page, "safe-mode-light")
    await steer("Reset SafeMode", "it is there")
    await soon(word).toBe("Adapting")
    expect(service.engine.getSnapshot().safeMode).toBeNull()
  })

  it("pauses and resumes, and does not confuse a trip with a pause", async () => {
    const list = page.getByRole("button", { name: "Steer" })
    const resume = page.locator(".steering").getByRole("button", { name: "Resume tuning" })
    await steer("Pause tuning", "lunch")
    expect(service.engine.getSnapshot().mode).toBe("safe")
    await soon(() => page.locator(".hero .note").textContent()).toContain("lunch")
    await steer("Resume tuning", "back again")
    expect(service.engine.getSnapshot().mode).toBe("adapting")
    await steer("Trip SafeMode", "fire")
    await soon(() => page.locator(".hero .note").textContent()).toContain("fire")
    await list.click()
    await soon(() => resume.isDisabled()).toBe(true)
    expect(await page.locator(".steering").textContent()).toContain("Tuning is not paused.")
  })

  it("rolls back to the baseline that was set, and offers only sensible actions", async () => {
    await page.getByRole("button", { name: "Steer" }).click()
    const reset = page.locator(".steering").getByRole("button", { name: "Reset SafeMode" })
    expect(await reset.isDisabled()).toBe(true)
    await page.keyboard.press("Escape")
    await steer("Set baseline", "this is good")
    const { baseline } = service.engine.getSnapshot()
    service.work(90)
    await steer("Roll back", "it was better before")
    expect(service.engine.getSnapshot().values).toEqual(baseline)
    expect(service.engine.getSnapshot().counters.rollbacks).toBe(1)
  })

  it("is absent in a read-only studio", async () => {
    const shut = await service.engine.studio({ readOnly: true })
    await page.goto(shut.url)
    await page.getByText("read-only", { exact: true }).waitFor()
    await page.waitForSelector(".hero .now:not(:text('–'))")
    expect(await page.getByRole("button", { name: /^(Steer|Reset|Trip)/ }).count()).toBe(0)
    await page.keyboard.press("s")
    expect(await page.getByRole("dialog").count()).toBe(0)
    await shut.stop()
  })
})

describe("the audit", () => {
  it("is searched by kind, text and knob, keeps the search in the address, and opens a record", async () => {
    service.engine.trip("the moon is full")
    service.engine.reset("no more")
    await page.getByRole("link", { name: "Audit", exact: true }).click()
    await page.waitForSelector(".record")
    await page.getByRole("button", { name: "SafeMode", exact: true }).click()
    await page.getByText("2 records").first().waitFor()
    await page.getByRole("searchbox", { name: "Search the audit" }).fill("moon")
    await page.getByText("1 record", { exact: true }).first().waitFor()
    expect(page.url()).toContain("text=moon")
    await page.locator(".record summary").first().click()
    await page.locator(".record .detail").getByText("the moon is full").waitFor()
    await picture(page, "audit-search-light")
    await page.getByRole("searchbox", { name: "Search the audit" }).fill("no such word")
    await page.getByText("No such record in this run").waitFor()
    await page.goto(`${studio.url}#/audit?text=moon`)
    await page.reload()
    await page.getByText("1 record", { exact: true }).first().waitFor()
  })

  it("loads older records", async () => {
    service.work(600)
    await page.goto(`${studio.url}#/audit`)
    const rows = page.locator(".record")
    await page.waitForSelector(".record")
    const before = await rows.count()
    await page.getByRole("button", { name: "Older records" }).click()
    await soon(() => rows.count()).toBeGreaterThan(before)
    const numbers = (await page.locator(".record .seq").allTextContents()).map(plain)
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})

describe("the connection", () => {
  it("shows as lost when the process ends, and keeps the last state", async () => {
    await soon(async () => plain(await generation())).toBeGreaterThan(0)
    await studio.stop()
    await page.getByText("Disconnected").waitFor()
    await page.getByText(/Reconnecting|does not respond/).waitFor()
    await page.getByRole("button", { name: "Steer" }).click()
    const trip = page.locator(".steering").getByRole("button", { name: "Trip SafeMode" })
    await soon(() => trip.isDisabled()).toBe(true)
    await picture(page, "disconnected-light")
    expect(plain(await generation())).toBe(service.engine.generation)
  })

  it("shows that the engine was stopped", async () => {
    await service.engine.stop()
    await soon(() => page.locator(".mode").textContent()).toBe("Stopped")
    await soon(() => page.locator(".notice").textContent()).toContain("The engine was stopped")
  })

  it("asks for a required token, and keeps the address", async () => {
    const token = "a-token-of-twenty-four-letters"
    const locked = await service.engine.studio({ token })
    await page.goto(locked.url)
    await page.getByLabel("Token").fill("not this one at all")
    await page.getByRole("button", { name: "Open" }).click()
    await soon(() => page.getByRole("alert").textContent()).not.toBe("")
    await page.getByLabel("Token").fill(token)
    await page.getByRole("button", { name: "Open" }).click()
    await page.waitForSelector(".hero")
    expect(page.url()).not.toContain("token")
    await locked.stop()
  })

  it("opens by its link at the place in the link, and leaves no token in the address", async () => {
    const linked = await service.engine.studio()
    await page.goto(`${linked.url}#/audit`)
    await page.waitForSelector("input[type=search]")
    expect(page.url()).toBe(`${new URL(linked.url).origin}/#/audit`)
    expect(await page.evaluate(() => document.cookie)).toBe("")
    await linked.stop()
  })
})
