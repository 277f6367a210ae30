/** The whole page without a mouse: every view, every action, every state of a chart, by keys alone. */
import type { Studio } from "arqon"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { barriers, launch, look, picture, type Seen } from "./browser.ts"
import { soon } from "./soon.ts"
import { type Service, startService } from "./rig.ts"

let browser: Browser
let service: Service
let studio: Studio
let seen: Seen
let page: Page

beforeAll(async () => {
  ;[browser, service] = await Promise.all([launch(), startService()])
  studio = await service.engine.studio({ name: "quotes" })
  service.work(300)
  seen = await look(browser, studio.url, { still: true })
  page = seen.page
})

beforeEach(async () => {
  await page.goto(`${studio.url}#/overview`)
  await page.reload()
  await page.waitForSelector(".hero .now:not(:text('–'))")
})

afterAll(async () => {
  await Promise.allSettled([seen?.close(), browser?.close(), studio?.stop(), service?.engine.stop()])
})

const focused = (): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: at } = document
    return at?.getAttribute("aria-label") ?? at?.textContent?.trim() ?? ""
  })

/** Presses Tab until what is wanted has the focus; every stop on the way must show that it has it. */
async function tabTo(wanted: RegExp): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press("Tab")
    const ring = await page.evaluate(() => {
      const { activeElement: at } = document
      if (at === null || at === document.body) return "none"
      if (at instanceof SVGElement) return getComputedStyle(at.querySelector(".body") ?? at).strokeWidth
      return getComputedStyle(at).outlineWidth
    })
    expect([await focused(), ring]).not.toEqual([await focused(), "0px"])
    if (wanted.test(await focused())) return
  }
  throw new Error(`Tab never reached ${wanted}`)
}

describe("with the keyboard alone", () => {
  it("the first stop skips the navigation", async () => {
    await page.keyboard.press("Tab")
    expect(await focused()).toBe("Skip to the content")
    await page.keyboard.press("Enter")
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main")
  })

  it("two letters open each view", async () => {
    for (const [key, title] of [
      ["s", "Statecharts"],
      ["a", "Audit"],
      ["o", "Overview"],
    ]) {
      await page.keyboard.press("g")
      await page.keyboard.press(key)
      await soon(() => page.title()).toContain(title)
      expect(await page.locator('.nav [aria-current="page"]').textContent()).toBe(title)
    }
  })

  it("a state of a chart can be reached and read", async () => {
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await page.waitForSelector(".statechart")
    await tabTo(/^frozen: /)
    await page.keyboard.press("Enter")
    await page
      .getByRole("region", { name: "About the state" })
      .getByRole("heading", { name: "Frozen" })
      .waitFor()
  })

  it("the palette finds an action, the dialog takes the reason, and the focus returns", async () => {
    await tabTo(/^Steer$/)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("trip safe")
    expect(await page.getByRole("listbox").getByRole("option").count()).toBe(1)
    await page.keyboard.press("Enter")
    await page.getByRole("dialog", { name: "Trip SafeMode?" }).waitFor()
    expect(await barriers(page)).toEqual([])
    await picture(page, "dialog-light")
    await page.keyboard.type("with the keyboard alone")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    expect(await focused()).toBe("Trip SafeMode")
    await page.keyboard.press("Enter")
    await soon(() => service.engine.getSnapshot().safeMode?.reason).toBe("manualTrigger")
    await page.getByRole("dialog").waitFor({ state: "detached" })
    service.engine.reset("go on")
    await soon(() => page.locator(".mode").textContent()).toBe("Adapting")
  })

  it("arrows move through the palette, and Escape closes it", async () => {
    await page.keyboard.press("Control+k")
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    const chosen = page.getByRole("listbox").getByRole("option", { selected: true })
    expect(await chosen.textContent()).toContain("Audit")
    expect(await page.getByRole("combobox", { name: "Command" }).getAttribute("aria-activedescendant")).toBe(
      await chosen.getAttribute("id"),
    )
    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "detached" })
    expect(await page.title()).toContain("Overview")
  })

  it("a question mark lists the keys, and letters in a field are typed", async () => {
    await page.keyboard.press("?")
    const help = page.getByRole("dialog", { name: "Keyboard" })
    await help.getByText("Statecharts").waitFor()
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "search")
    await page.keyboard.type("go?")
    expect(await page.title()).toContain("Audit")
    expect(await page.getByRole("searchbox").inputValue()).toBe("go?")
  })
})
