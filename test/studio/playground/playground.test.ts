/** The playground in a real browser: one file without a server, in which an engine tunes, is broken in every way on offer, and recovers. */
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { playground } from "../../../scripts/buildPlayground.ts"
import { serve, type Served } from "../../browser/chromium.ts"
import { barriers, crowding, launch, look, type Looks, picture, type Seen } from "../page/browser.ts"
import { soon } from "../page/soon.ts"

let browser: Browser
let served: Served

beforeAll(async () => {
  browser = await launch()
  served = await serve({ files: { "/": { type: "text/html; charset=utf-8", body: await playground() } } })
})

afterAll(() => Promise.allSettled([browser?.close(), served?.close()]))

async function play(looks: Looks = {}, more = ""): Promise<Seen> {
  const seen = await look(browser, `${served.url}${more}`, looks)
  onTestFinished(() => seen.close())
  await seen.page.getByLabel("Speed of its time").selectOption("20×")
  await seen.page.waitForSelector(".hero .now:not(:text('–'))")
  return seen
}

/** As `soon`, for what takes minutes of the engine's own time. */
const inTime = <T>(see: () => T): ReturnType<typeof soon<T>> =>
  expect.poll(see, { interval: 100, timeout: 60_000 })

const word = ({ page }: Seen) => page.locator(".hero .word").textContent()
const press = ({ page }: Seen, name: string): Promise<void> =>
  page.getByRole("button", { name, exact: true }).click()

describe("the playground", () => {
  it("tunes by itself, and states the gain", async () => {
    const seen = await play()
    await soon(() => seen.page.locator(".hero .instead").textContent()).toMatch(
      /^instead of [\d.]+ at the (start|baseline)$/,
    )
    await soon(() => seen.page.locator(".hero .share").textContent()).toMatch(/^−\d+ % \(±\d+\)$/)
    await picture(seen.page, "playground-light")
    expect(seen.complaints).toEqual([])
  })

  it("opens SafeMode when telemetry is lost, shows it in the statechart, and closes it once telemetry is back", async () => {
    const seen = await play()
    await press(seen, "Telemetry gone")
    await soon(() => word(seen)).toBe("SafeMode is open")
    await press(seen, "Mend")
    await seen.page.evaluate(() => (location.hash = "#/statecharts?actor=engine"))
    await seen.page.waitForSelector('[data-id="engine.running.adapting"][data-active]')
    await seen.page.evaluate(() => (location.hash = "#/audit?kind=safeModeEntered"))
    await seen.page.getByText("telemetry lost").first().waitFor()
    expect(seen.complaints).toEqual([])
  })

  it("shows a load that triples", async () => {
    const seen = await play()
    await press(seen, "Load × 3")
    const load = seen.page.getByRole("article", { name: "Load (throughput)" })
    await soon(() => load.locator(".number").textContent()).toBe("240/s")
    await soon(() => seen.page.locator(".hero .instead").textContent()).toMatch(
      /at the start, with [23](\.\d+)? times the throughput|at the baseline/,
    )
  })

  it("falls off the cliff, and is rolled back", async () => {
    const seen = await play()
    await soon(() => seen.page.locator(".hero .share").textContent()).toMatch(/^−/)
    await press(seen, "Cliff")
    const note = seen.page.locator(".log .tag").getByText("SafeMode opened")
    await note.first().waitFor()
    await seen.page.evaluate(() => (location.hash = "#/audit?kind=safeModeEntered"))
    await seen.page.getByText("constraint emergency").first().waitFor()
    expect(seen.complaints).toEqual([])
  })

  it("remembers a load that comes back, sees its loop begin to swing, and shows both", async () => {
    const seen = await play({}, "?dynamics")
    const open = (where: string): Promise<unknown> =>
      seen.page.evaluate((hash) => (location.hash = hash), where)
    const tile = async (of: string, name: string): Promise<number> => {
      const text = await seen.page.locator(`${of} .tile:has(dt:text-is("${name}")) dd`).textContent()
      return Number(text?.replaceAll(/\D/g, ""))
    }
    const stability = seen.page.getByRole("region", { name: "Stability of the loop" })
    const windows = (): Promise<number> => tile(".dynamics", "Windows seen")
    const pass = async (count: number): Promise<void> => {
      const until = (await windows()) + count
      await inTime(windows).toBeGreaterThan(until)
    }
    await open("#/dynamics")
    await inTime(() => stability.locator(".tag").textContent()).toBe("stable")
    await pass(400)
    // Where the tuner was there before the return was certain, an engine has nowhere to go: that is so in one evening of three.
    const kept = async (): Promise<number> => {
      await press(seen, "Evening load")
      await pass(600)
      await press(seen, "Mend")
      await pass(200)
      await open("#/overview")
      const count = await tile(".relocation", "Kept")
      await open("#/dynamics")
      return count
    }
    for (let evening = 1; (await kept()) === 0; evening++) expect(evening).toBeLessThan(5)
    await press(seen, "Swing")
    await inTime(() => stability.textContent()).toMatch(
      /Tripped at .* times as much as when the loop was healthy/,
    )
    await seen.page.locator('.dynamics [aria-label="Recurrence"] svg').waitFor()
    await picture(seen.page, "playground-dynamics")
    expect(seen.complaints).toEqual([])
  })

  it("can be steered like any engine, with the reason in its audit", async () => {
    const seen = await play()
    await press(seen, "Steer")
    await press(seen, "Trip SafeMode")
    const dialog = seen.page.getByRole("dialog", { name: "Trip SafeMode?" })
    await dialog.getByLabel("Reason").fill("to see it")
    await dialog.getByRole("button", { name: "Trip SafeMode" }).click()
    await soon(() => seen.page.locator(".hero .note").textContent()).toContain("to see it")
  })

  it.each([
    { width: 1440, height: 900, theme: "light" },
    { width: 390, height: 844, theme: "dark" },
  ] as const)("has no barrier and nothing that overlaps at $width pixels, $theme", async (looks) => {
    const seen = await play({ ...looks, still: true })
    await press(seen, "Noise")
    await seen.page.getByText("Readings vary by half").waitFor()
    expect(await barriers(seen.page)).toEqual([])
    expect(await seen.page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    const beyond = await seen.page.evaluate(() =>
      [...document.querySelectorAll(".dock button, .dock select")]
        .filter((control) => control.getBoundingClientRect().right > innerWidth)
        .map((control) => control.textContent),
    )
    expect(beyond).toEqual([])
    await picture(seen.page, `playground-${looks.width}`)
  })
})
