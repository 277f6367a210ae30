/** A recorded run in the same page: a slider over its time, the same views, nothing to steer; and a run of the solver. */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { launch, look, picture, type Seen } from "./browser.ts"
import { soon } from "./soon.ts"
import { openShelf, type Shelf } from "./rig.ts"

let browser: Browser
let shelf: Shelf
let seen: Seen
let page: Page

beforeAll(async () => {
  ;[browser, shelf] = await Promise.all([launch(), openShelf()])
  seen = await look(browser, shelf.url)
  page = seen.page
})

beforeEach(async () => {
  await page.goto(`${shelf.url}#/overview`)
  await page.reload()
  await page.waitForSelector(".replay + .overview .dial[aria-valuenow]")
})

afterAll(async () => {
  await Promise.allSettled([seen?.close(), browser?.close(), shelf?.close()])
})

const slider = () => page.getByRole("slider", { name: "Moment of the recording" })

/** Puts the slider at a share of the recording. */
async function seek(share: number): Promise<void> {
  await slider().evaluate((input: HTMLInputElement, at) => {
    input.value = String(Math.round(Number(input.max) * at))
    input.dispatchEvent(new Event("input", { bubbles: true }))
  }, share)
}

const word = (): Promise<string | null> => page.locator(".hero .word").textContent()
const generation = async (): Promise<number> =>
  Number((await page.getByText("Generation").locator("+ dd").textContent())?.replaceAll(/\D/g, ""))

describe("a recorded run", () => {
  it("is shown as it was at the slider's moment", async () => {
    const end = await generation()
    await seek(0.2)
    await soon(generation).toBeLessThan(end)
    expect(await word()).toBe("Adapting")
    const early = await generation()
    // Tripped after 600 digests of 1,520: 24 s, let go after 28.8 s of 60.8 s.
    await seek(0.43)
    await soon(word).toBe("SafeMode is open")
    await soon(() => page.locator(".hero").textContent()).toMatch(
      /somebody asked for it.*“maintenance of the cache”/,
    )
    await picture(page, "replay-safe-light")
    await seek(0.8)
    await soon(word).toBe("Adapting")
    await soon(generation).toBeGreaterThan(early)
    expect(seen.complaints).toEqual([])
  })

  it("highlights the states of that moment, and shows earlier decisions", async () => {
    await page.goto(`${shelf.url}#/statecharts?actor=engine`)
    await page.waitForSelector(".statechart")
    await seek(0.43)
    const lit = page.locator('[data-id="engine.running.safe"][data-active]')
    await lit.waitFor()
    await seek(0.2)
    await lit.waitFor({ state: "detached" })
    await page.goto(`${shelf.url}#/overview`)
    await page.waitForSelector(".replay + .overview .dial[aria-valuenow]")
    await seek(0.43)
    const decisions = page.getByRole("region", { name: "Decisions, newest first" })
    await soon(() => decisions.textContent()).toContain("maintenance of the cache")
    await seek(0.2)
    await soon(() => decisions.textContent()).not.toContain("maintenance of the cache")
  })

  it("plays by itself, faster when asked, and stops at the end", async () => {
    await page.getByLabel("Speed").selectOption("100")
    await seek(0)
    const value = async (): Promise<number> => Number(await slider().inputValue())
    expect(await value()).toBe(0)
    await page.getByRole("button", { name: "Play the replay" }).click()
    await soon(value).toBe(2000)
    await page.getByRole("button", { name: "Play the replay" }).waitFor()
  })

  it("can be stepped through by keys", async () => {
    await seek(0.5)
    const now = (): Promise<string | null> => slider().getAttribute("aria-valuetext")
    await soon(now).toContain("00:30")
    const middle = await now()
    await page.keyboard.press(",")
    await soon(now).not.toBe(middle)
    const before = await now()
    await page.keyboard.press(".")
    await soon(now).not.toBe(before)
  })

  it("cannot be steered", async () => {
    await page.getByText("recorded", { exact: true }).waitFor()
    const buttons = page.locator(".top").getByRole("button", { name: /Trip|Reset|Steer/ })
    expect(await buttons.count()).toBe(0)
  })
})

describe("a run of the solver", () => {
  it("is shown with its convergence, its parameters by importance and its best point", async () => {
    await page.goto(`${shelf.url}#/solver`)
    const importance = page.getByRole("region", { name: "Parameter importance" })
    await importance.waitFor()
    // y weighs three times as much as x, and the rate next to nothing.
    expect((await importance.locator(".knob-name").allTextContents())[0]).toBe("y")
    expect(await page.getByRole("img", { name: /^Convergence: 60 evaluations/ }).count()).toBe(1)
    expect(
      await page.getByRole("region", { name: "Evaluations", exact: true }).locator("tbody tr").count(),
    ).toBe(60)
    expect(await page.getByRole("region", { name: "Best point" }).textContent()).toContain("value")
  })
})

describe("the list of engines", () => {
  it("is searched by name and by knob, and links to the engine", async () => {
    await page.goto(`${shelf.url}#/fleet`)
    await page.waitForSelector(".engine")
    const search = page.getByRole("searchbox", { name: "Search engines" })
    await search.fill("cachettl")
    await soon(() => page.locator(".engine").count()).toBe(2)
    await search.fill("nothing of that name")
    await page.getByText("No engine matches.").waitFor()
    await search.fill("43 work")
    await soon(() => page.locator(".engine").count()).toBe(1)
    await page.locator(".engine").first().click()
    await soon(() => page.title()).toContain("Overview · manual-43")
    await soon(() => slider().getAttribute("aria-valuetext")).toMatch(/^00:03/)
    expect(page.url()).toContain("engine=manual-43")
    await page.getByRole("combobox", { name: "Engine" }).selectOption("manual-42")
    await soon(() => page.title()).toContain("Overview · manual-42")
    await soon(() => slider().getAttribute("aria-valuetext")).toMatch(/^01:00/)
    expect(seen.complaints).toEqual([])
  })
})
