/** The page Replicas: a thousand of them, in both themes and on a phone; a change of owners; a list that is searched and paged. */
import { describe, expect, it } from "vitest"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { TunerBook } from "../../../src/studio/server/TunerBook.ts"
import { TunerRig } from "../tunerRig.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

async function watched(replicas: number, seconds: number) {
  const rig = new TunerRig(replicas).run(seconds)
  const studio = keep(await openStudio({ engines: [], solvers: new Map(), tuners: [new TunerBook(rig)] }))
  return { rig, url: studio.url }
}

describe("the page Replicas", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("shows a thousand, in %s at %i pixels, without a barrier", async (theme, width) => {
    const { rig, url } = await watched(1000, 8)
    for (let i = 40; i < 47; i++) rig.silent.add(i)
    rig.run(4)
    const { page, complaints } = await open(url, { theme, width, height: 900, still: true })
    await page.getByRole("img", { name: /^1\s000 replicas, .*7 silent$/ }).waitFor()
    await page.getByRole("img", { name: /^What the sides read: plus [\d.]+, minus [\d.]+/ }).waitFor()
    await page
      .getByRole("status")
      .getByText(/^1–50 of 1\s000 replicas$/)
      .waitFor()
    const first = page.getByRole("region", { name: "Replicas", exact: true }).getByRole("listitem").first()
    await soon(() => page.locator(".engines .tag[data-tone=trip]").count()).toBe(7)
    expect(await first.isVisible()).toBe(true)
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `replicas-${theme}-${width}`)
    expect(complaints).toEqual([])
  })

  it("follows a change of owners, and finds and pages replicas", async () => {
    const { rig, url } = await watched(120, 20)
    const { page } = await open(url)
    const owners = page.getByRole("region", { name: "Owners" })
    await owners.getByText(/^10\.0\.0\.1:7071 since .*, never saved\.$/).waitFor()
    rig.own().run(10)
    await owners.getByText(/^10\.0\.0\.2:7071 .* It began where the owner before it stood\.$/).waitFor()
    expect(await owners.getByRole("listitem").count()).toBe(2)
    await page.getByRole("img", { name: /, 1 change of owners$/ }).waitFor()
    const status = page.locator(".pager [role=status]")
    await page.getByRole("button", { name: "Next" }).click()
    await soon(() => status.textContent()).toBe("51–100 of 120 replicas")
    await page.getByRole("searchbox", { name: "Search replicas" }).fill("pod-0099")
    await soon(() => status.textContent()).toBe("1 replica")
    await page.getByLabel("State").selectOption("silent")
    await page.getByText("No replica matches.").waitFor()
  })
})
