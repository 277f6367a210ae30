/**
 * The page Campaigns: every state in both themes and on a phone, and the answer of a person, which goes through the gateway of a real runner
 * and is kept by its cluster.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { clusterShown } from "../../../src/cli/clusterShown.ts"
import { createCluster, openStudy, sqlite } from "../../../src/cluster/index.ts"
import { CampaignBook } from "../../../src/studio/server/CampaignBook.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { PLANT } from "../../cluster/Troop.ts"
import { CampaignRig } from "../campaignRig.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()
const folder = mkdtempSync(join(tmpdir(), "arqon-campaigns-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the page Campaigns", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("shows each on its way, in %s at %i pixels", async (theme, width) => {
    const rig = new CampaignRig()
    const studio = keep(
      await openStudio({ engines: [], solvers: new Map(), campaigns: new CampaignBook(rig) }),
    )
    const { page, complaints } = await open(studio.url, { theme, width, height: 900, still: true })
    const list = page.getByRole("navigation", { name: "Campaigns" })
    await soon(() => list.getByRole("link").count()).toBe(6)
    for (const [name, step] of [
      ["winter-limits", "Approval"],
      ["payments-limits", "Canaries"],
      ["smaller-pool", null],
      ["weekend-limits", "Study"],
    ] as const) {
      await list.getByRole("link", { name }).click()
      await page.getByRole("region", { name: `Campaign ${name}` }).waitFor()
      const now = page.locator(".way [aria-current=step] strong")
      expect(await now.count()).toBe(step === null ? 0 : 1)
      if (step !== null) expect(await now.textContent()).toBe(`${step}, under way`)
      expect(await barriers(page)).toEqual([])
      expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
      await picture(page, `campaign-${name}-${theme}-${width}`)
    }
    await list.getByRole("link", { name: "payments-limits" }).click()
    await page.getByRole("img", { name: "no worse: evidence 21 of 100" }).waitFor()
    expect(complaints).toEqual([])
  })

  it("keeps the focus where it is while nothing changes, and on its button where something does", async () => {
    const rig = new CampaignRig()
    const studio = keep(
      await openStudio({ engines: [], solvers: new Map(), campaigns: new CampaignBook(rig) }),
    )
    const { page } = await open(studio.url)
    await page.getByRole("link", { name: "winter-limits" }).click()
    const decline = page.getByRole("button", { name: "Decline" })
    await page.getByRole("heading", { name: "winter-limits" }).waitFor()
    await decline.focus()
    rig.all = rig.all.map((one) =>
      one.name === "weekend-limits" ? { ...one, state: "back", reason: "No." } : one,
    )
    await soon(() => page.getByRole("link", { name: "weekend-limits went back" }).count()).toBe(1)
    expect(await decline.evaluate((button) => button === document.activeElement)).toBe(true)
  })

  it("answers a campaign of a real cluster, by name and with a reason, and the cluster keeps it", async () => {
    const storage = sqlite(join(folder, "cluster.db"))
    const cluster = keep(createCluster({ storage, tuners: { checkout: PLANT }, gateway: { port: 0 } }))
    await cluster.start()
    const bounds = { rate: { min: 0, max: 1 }, share: { min: 0, max: 1 } }
    const config = { budget: 8, seed: 5, bounds }
    await cluster.campaigns.start({
      name: "nightly",
      tuner: "checkout",
      study: "search",
      config,
      by: "ada",
      why: "load",
    })
    const shown = await clusterShown([cluster.url ?? ""], null)
    const studio = keep(await openStudio({ engines: [], solvers: new Map(), ...shown }))
    const { page, complaints } = await open(studio.url)
    await page.getByText("The study search is under way.").waitFor()
    await using study = await openStudy({ storage, name: "search", config })
    for await (const trial of study.trials()) await trial.run(({ rate, share }) => (rate - 0.4) ** 2 + share)
    await page.getByRole("region", { name: "Approval needed" }).waitFor()
    // Readings repeat exactly, so there is one: it is said, and the answer cannot be yes.
    await page.getByText("Evidence has fewer than 3 readings.").waitFor()
    const approve = page.getByRole("button", { name: "Approve" })
    expect(await approve.isDisabled()).toBe(true)
    const evidence = {
      source: "replay",
      mean: 0.01,
      standardError: 0.001,
      readings: 20,
      constraintsHeld: true,
    }
    await cluster.campaign("nightly").evaluate(evidence, { by: "carl", why: "measured" })
    await soon(() => approve.isDisabled()).toBe(false)
    await approve.click()
    const dialog = page.getByRole("dialog")
    await dialog.getByLabel("Reason").fill("the replay is sound")
    await dialog.getByRole("button", { name: "Approve" }).click()
    await dialog.getByText("Give your name").waitFor()
    await dialog.getByLabel("Your name").fill("ada")
    await dialog.getByRole("button", { name: "Approve" }).click()
    await dialog.getByText("is one of its authors").waitFor()
    expect((await cluster.campaign("nightly").status()).state).toBe("waiting")
    await dialog.getByLabel("Your name").fill("bob")
    await dialog.getByRole("button", { name: "Approve" }).click()
    await page.getByText("bob approved it: the replay is sound").first().waitFor()
    const { state, steps } = await cluster.campaign("nightly").status()
    expect(state).toBe("trying")
    expect(steps.at(-1)?.body).toMatchObject({ verdict: "approve", by: "bob", why: "the replay is sound" })
    // A refusal is an answer of the server, which the browser tells of.
    expect(complaints.filter((text) => !text.includes("409"))).toEqual([])
  })
})
