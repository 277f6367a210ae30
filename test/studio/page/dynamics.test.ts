/** The page Dynamics: what it says of a loop that swings, live and recorded, in both themes and on a phone; and where there is none. */
import { createEngine } from "arqon"
import { describe, expect, it } from "vitest"
import { gaussianAt } from "../../../src/testing/noise.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { startService } from "./rig.ts"

const { keep, open } = useOpenings()

const FAULT = 2_000

/** A service whose loop swings with a period of about 14 windows from the fault on. */
async function swinging(digests: number) {
  const engine = createEngine({
    params: { batch: { min: 1, max: 64, initial: 16 }, timeout: { min: 0, max: 10, initial: 3 } },
    stability: true,
    clock: "manual",
    seed: 7,
  })
  await engine.start()
  let i = 0
  const work = (more: number): void => {
    for (const end = i + more; i < end; i++) {
      const timestampUs = (i + 1) * 20_000
      engine.tick(timestampUs)
      const swing = i < FAULT ? 0 : 0.12 * Math.sin((2 * Math.PI * (i - FAULT)) / 90)
      const level = ((engine.values.batch - 30) / 64) ** 2 + ((engine.values.timeout - 6) / 10) ** 2
      engine.observe({ timestampUs, objective: level + 0.02 * gaussianAt(7, i) + swing })
    }
  }
  work(digests)
  return { engine, work }
}

const PICTURES = ["Threshold", "Trajectory", "Recurrence", "Autocorrelation"]

describe("the page Dynamics", () => {
  it.each([
    ["light", 1440],
    ["dark", 1440],
    ["light", 360],
    ["dark", 360],
  ] as const)("says what the loop does, in %s at %i pixels, without a barrier", async (theme, width) => {
    const { engine, work } = await swinging(100)
    const studio = keep(await engine.studio({ name: "swinging" }))
    const seen = await open(studio.url, { theme, width, height: 900, still: true })
    const { page, complaints } = seen
    await page.evaluate(() => (location.hash = "#/dynamics"))
    const card = page.getByRole("region", { name: "Stability of the loop" })
    await card.getByText("Learning what a healthy loop is like.").waitFor()
    expect(await page.getByText("The pictures need 24 windows.").isVisible()).toBe(true)
    work(FAULT + 900)
    await page.reload()
    await card.getByText(/Tripped at .* period of 1\d windows/).waitFor()
    await card.getByText("The loop is unstable.").waitFor()
    for (const name of PICTURES) await page.getByRole("region", { name, exact: true }).waitFor()
    await page.waitForSelector('.dynamic .dots[d^="M"]', { state: "attached" })
    await page.waitForSelector('.dynamic .trace[d^="M"]', { state: "attached" })
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `dynamics-${theme}-${width}`)
    expect(complaints).toEqual([])
    await engine.stop()
  })

  it("is not there for engines that do not watch their loop", async () => {
    const { engine, work } = await startService()
    const studio = keep(await engine.studio({ name: "quotes" }))
    work(50)
    const seen = await open(studio.url)
    await seen.page.getByRole("link", { name: "Statecharts" }).first().waitFor()
    expect(await seen.page.getByRole("link", { name: "Dynamics" }).count()).toBe(0)
    await engine.stop()
  })
})
