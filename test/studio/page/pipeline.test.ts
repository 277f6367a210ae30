/** The page Pipeline: a candidate from its first mirror to probation, one that is taken out, and one whose answers differ. */
import { describe, expect, it } from "vitest"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { PipelineBook } from "../../../src/studio/server/PipelineBook.ts"
import { type CandidateKind, pipelineRig } from "../pipelineRig.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"

const { keep, open } = useOpenings()

async function watched(kind: CandidateKind) {
  const book = new PipelineBook({ id: "a", name: "quotes", source: "live" })
  const rig = await pipelineRig(book, kind)
  keep({ stop: () => rig.growth.stop() })
  await rig.pass(3)
  const studio = keep(await openStudio({ engines: [], solvers: new Map(), pipelines: [book] }))
  return { rig, url: studio.url }
}

describe("the page Pipeline", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("follows a good candidate to its probation, in %s at %i pixels", async (theme, width) => {
    const { rig, url } = await watched("faster")
    const { page, complaints } = await open(url, { theme, width, height: 900, still: true })
    await page.getByText("searchOld answers every call. Nothing is on trial.").waitFor()
    await page.getByText("Nothing has happened yet.").waitFor()
    await rig.germinate()
    await rig.pass(260, () => rig.piece().share === 0.25)
    await page
      .getByRole("img", { name: "searchOld answers 75 % of the calls, search-2026-11 25 %" })
      .waitFor()
    await rig.pass(260, () => rig.piece().state === "shadowing")
    await page.getByText("gets all of them again, answers nobody").waitFor()
    await rig.pass(260, () => rig.piece().state === "probationary")
    await page
      .getByRole("img", { name: /^Evidence that it is within every margin, of 20: the least of all \d/ })
      .waitFor()
    await page.getByText("shadowing to probationary: G3 passed").waitFor()
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `pipeline-${theme}-${width}`)
    expect(complaints).toEqual([])
  })

  it("shows where answers differ, and why the candidate was taken out", async () => {
    const { rig, url } = await watched("wrong")
    const { page, complaints } = await open(url, { still: true })
    await rig.germinate()
    await rig.pass(260, () => rig.piece().state === "shadowing")
    await rig.pass(9)
    const differ = page.getByRole("region", { name: "Where answers differ" }).getByRole("article")
    await differ.first().waitFor()
    const input = Number(await differ.first().locator("code").textContent())
    expect((await differ.first().getByRole("deletion").textContent())?.trim()).toBe(String(input + 2))
    expect((await differ.first().getByRole("insertion").textContent())?.trim()).toBe(String(input + 3))
    await page
      .getByText(/G3 failed: agreementTooLow is/)
      .first()
      .waitFor()
    expect(await barriers(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
