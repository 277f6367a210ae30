/** What the page says of analyses between digests: how late they are, for an engine that has a schedule. */
import { createEngine } from "arqon"
import { describe, expect, it } from "vitest"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { startService } from "./rig.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

const made = () =>
  createEngine({
    params: { batch: { min: 1, max: 64, initial: 16 } },
    homeostasis: { key: "temporal" },
    schedule: true,
    clock: "manual",
  })

function work(engine: ReturnType<typeof made>, digests: number): void {
  const from = engine.nowUs
  for (let i = 1; i <= digests; i++)
    engine.observe({
      timestampUs: from + 20_000 * i,
      objective: (engine.values.batch - 30) ** 2 / 100 + 0.05 * Math.sin(i),
      throughputRps: 100,
    })
}

describe("the card of analyses", () => {
  it.each([
    { theme: "light", width: 1280 },
    { theme: "dark", width: 1280 },
    { theme: "light", width: 360 },
  ] as const)(
    "says what was missed, follows, and has no barrier ($theme, $width pixels)",
    async ({ theme, width }) => {
      const engine = made()
      await engine.start()
      const studio = keep(await engine.studio({ name: "queue" }))
      const seen = await open(studio.url, { theme, width, height: 900, still: true })
      const card = seen.page.getByRole("region", { name: "Analyses between digests" })
      await card.waitFor()
      expect(await card.textContent()).toContain("Nothing was analysed yet.")
      work(engine, 400)
      const missed = () => card.getByText("Missed", { exact: true }).locator("+ dd").textContent()
      const asked = (): number => engine.schedule()?.analyses[0].asked ?? 0
      expect(asked()).toBeGreaterThan(5)
      await soon(missed).toBe(`0 of ${asked()}`)
      expect(await card.textContent()).toContain("20 % of the thread")
      expect(await barriers(seen.page)).toEqual([])
      expect(await seen.page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
      await card.scrollIntoViewIfNeeded()
      await picture(seen.page, `schedule-${theme}-${width}`)
      expect(seen.complaints).toEqual([])
      await engine.stop()
    },
  )

  it("is absent for an engine without a schedule", async () => {
    const service = await startService()
    const studio = keep(await service.engine.studio())
    service.work(30)
    const seen = await open(studio.url)
    await seen.page.getByRole("region", { name: "What the engine is doing" }).waitFor()
    expect(await seen.page.getByRole("region", { name: "Analyses between digests" }).count()).toBe(0)
    await service.engine.stop()
  })
})
