/** The page Studies: a thousand trials of fifty workers, in both themes and on a phone; workers that are lost; a list that is searched. */
import { describe, expect, it } from "vitest"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { StudyBook } from "../../../src/studio/server/StudyBook.ts"
import { StudyRig, type StudyRigOptions } from "../studyRig.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

async function watched(options: StudyRigOptions) {
  const rig = new StudyRig({ strategy: "random", ...options })
  const studio = keep(await openStudio({ engines: [], solvers: new Map(), studies: new StudyBook(rig) }))
  return { rig, url: studio.url }
}

describe("the page Studies", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("shows fifty workers and a thousand trials, in %s at %i pixels", async (theme, width) => {
    const { rig, url } = await watched({ workers: 50, budget: 1000 })
    rig.run(120)
    for (let i = 10; i < 14; i++) rig.killed.add(i)
    rig.run(70)
    const { told, failed } = rig.ledger.counts
    expect(told).toBeGreaterThan(600)
    expect(failed).toBeGreaterThan(5)
    const { page, complaints } = await open(url, { theme, width, height: 900, still: true })
    const map = new RegExp(
      `^1\\s000 evaluations, ${told - failed - 1} told, .*${failed} failed, 1 the best, .* to come$`,
    )
    await page.getByRole("img", { name: map }).waitFor()
    await page.getByRole("img", { name: /results; the best so far: [\d.]+, found in \d+ steps$/ }).waitFor()
    const workers = page.getByRole("region", { name: "Workers" })
    await soon(() => workers.getByRole("listitem").count()).toBe(50)
    expect(await workers.locator("[data-state=lost]").count()).toBe(4)
    expect(await workers.getByRole("listitem").first().textContent()).toContain("1 taken over")
    await page
      .getByText(/^\d+ of 1\s000 evaluations are told, and 46 workers .* 4 workers were lost;/)
      .waitFor()
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `studies-${theme}-${width}`)
    expect(complaints).toEqual([])
  })

  it("follows the study to its end, and finds and pages trials", async () => {
    const { rig, url } = await watched({ workers: 6, budget: 60, objective: "maximize" })
    const { page } = await open(url)
    await page.getByText("No trial has been asked for yet.").waitFor()
    rig.run(40)
    await page.getByText("running", { exact: true }).waitFor()
    rig.run(400)
    expect(rig.done).toBe(true)
    await page.getByText(/^All 60 evaluations are told\. The greatest value is 1\d\d/).waitFor()
    const status = page.locator(".pager [role=status]")
    await soon(() => status.textContent()).toBe("1–25 of 60 trials")
    await page.getByRole("button", { name: "Next" }).click()
    await soon(() => status.textContent()).toBe("26–50 of 60 trials")
    await page.getByLabel("Order").selectOption("best")
    const first = page.getByRole("region", { name: "Trials" }).getByRole("listitem").first()
    const best = rig.ledger.trials.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))[0]
    await soon(() => first.locator(".name").textContent()).toBe(`Trial ${best.id}`)
    await page.getByLabel("State").selectOption("failed")
    await soon(() => status.textContent()).toBe(`${rig.ledger.counts.failed} trials`)
    await first.getByText("connection refused").waitFor()
    await page.getByRole("searchbox", { name: "Search trials" }).fill("no such worker")
    await page.getByText("No trial matches.").waitFor()
  })

  it("says what to do where there is no study, and what is wrong where the storage is away", async () => {
    const rig = new StudyRig({ workers: 2, budget: 10, strategy: "random" }).run(30)
    let studies: "none" | "away" | "there" = "none"
    const list = () =>
      studies === "away"
        ? Promise.reject(new Error("the disk is gone"))
        : studies === "none"
          ? Promise.resolve([])
          : rig.list()
    const book = new StudyBook({ list, look: rig.look })
    const studio = keep(await openStudio({ engines: [], solvers: new Map(), studies: book }))
    const { page } = await open(studio.url)
    await page.getByRole("heading", { name: "This storage has no study yet" }).waitFor()
    expect(await barriers(page)).toEqual([])
    studies = "there"
    await page.getByRole("heading", { name: rig.name }).waitFor()
    studies = "away"
    await page.getByRole("alert").getByText("The studies cannot be read: the disk is gone").waitFor()
    // What was seen last stays in sight.
    expect(await page.getByRole("heading", { name: rig.name }).isVisible()).toBe(true)
  })
})
