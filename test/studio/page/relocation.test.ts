/** What the page says of regimes and variants, over an engine that has both, and that it says nothing where there are none. */
import { createEngine } from "arqon"
import { describe, expect, it } from "vitest"
import { useOpenings } from "./openings.ts"
import { startService } from "./rig.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

const ODD = "zstd \u202e<b>"

const made = () =>
  createEngine({
    params: { batch: { min: 1, max: 64, initial: 16 } },
    homeostasis: {},
    variants: {},
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

describe("the card of regimes and variants", () => {
  it("says which variant is live and what is remembered, and follows", async () => {
    const engine = made()
    await engine.start()
    engine.relocation.offer([
      {
        name: ODD,
        version: 1,
        state: "promoted",
        values: {},
        constraints: [],
        rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
      },
    ])
    const studio = keep(await engine.studio({ name: "codecs" }))
    const seen = await open(studio.url)
    const card = seen.page.getByRole("region", { name: "Regimes and variants" })
    await card.waitFor()
    const tile = (name: string) => card.getByText(name, { exact: true }).locator("+ dd").textContent()
    expect([await tile("Live variant"), await tile("On offer")]).toEqual(["none", "1"])
    work(engine, 400)
    await soon(() => tile("Live variant")).toContain("zstd")
    expect(await tile("Switches")).toBe("1")
    expect(await tile("Regimes")).toBe(String(engine.relocation.regimes().length))
    expect(await card.locator("b").count()).toBe(0)
    expect(seen.complaints).toEqual([])
    await engine.stop()
  })

  it("is absent for an engine with neither", async () => {
    const service = await startService()
    const studio = keep(await service.engine.studio())
    service.work(30)
    const seen = await open(studio.url)
    await seen.page.getByRole("region", { name: "What the engine is doing" }).waitFor()
    expect(await seen.page.getByRole("region", { name: "Regimes and variants" }).count()).toBe(0)
    await service.engine.stop()
  })
})
