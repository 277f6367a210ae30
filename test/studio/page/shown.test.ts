/**
 * What a page shows depends on what there is: a view that has nothing to show is not offered, a chart marks what it cannot draw, and a
 * record says how it ends.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createEngine, createFleet } from "arqon"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { recordedEngines } from "../../../src/studio/server/RecordedEngine.ts"
import { figure } from "../../../src/studio/page/core/format.ts"
import { solverRun } from "../../../src/studio/server/solverRuns.ts"
import { launch, look, picture, type Seen } from "./browser.ts"
import { kinkedRun } from "../../study/kinkedRun.ts"
import { roughRun } from "./roughRun.ts"
import { soon } from "./soon.ts"

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

async function seeing(url: string): Promise<Seen> {
  const seen = await look(browser, url)
  onTestFinished(() => seen.close())
  return seen
}

/** A folder of its own that goes with the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "arqon-shown-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Names of the views that are offered. */
const offered = ({ page }: Seen): Promise<ReadonlyArray<string>> =>
  page.locator(".nav a:visible").allTextContents()

describe("the views that are offered", () => {
  it("are only the list if there are only fleets, and an old link to another view leads there", async () => {
    const fleet = createFleet({ engine: { params: { a: { min: 0, max: 1 } }, clock: "manual" } })
    await fleet.start()
    for (let i = 0; i < 1000; i++) fleet.spawn(`tenant-${i}`)
    const studio = await fleet.studio()
    onTestFinished(async () => {
      await studio.stop()
      await fleet.stop()
    })
    const seen = await seeing(`${studio.url}#/audit`)
    await soon(() => offered(seen)).toEqual(["Fleet"])
    await soon(() => seen.page.url()).toContain("#/fleet")
    await seen.page.waitForSelector(".engines .engine")
    await picture(seen.page, "fleet-alone")
    // Neither keys nor the palette lead to what is not there.
    await seen.page.keyboard.press("g")
    await seen.page.keyboard.press("s")
    await seen.page.keyboard.press("Control+k")
    await soon(() => seen.page.getByRole("option").count()).toBeGreaterThan(3)
    const names = await seen.page.getByRole("option").allTextContents()
    expect(names.filter((name) => /^(Overview|Statecharts|Audit|Solver)/.test(name))).toEqual([])
    expect(seen.page.url()).toContain("#/fleet")
    expect(await seen.page.locator("body").textContent()).not.toContain("Nothing to show")
    expect(seen.complaints).toEqual([])
  })

  it("are only the solver's if there are only its runs; its chart marks failed, pending and off-scale evaluations", async () => {
    const path = join(folder(), "run.json")
    // As it was eight answers ago.
    const whole = roughRun()
    const history = whole.history.slice(0, -8)
    const pending = whole.history.slice(-8).map(({ eval_id, params, phase, decision }) => {
      return { eval_id, params, phase, decision, asked_after: history.length }
    })
    const { schema_version, run_id, config } = whole
    writeFileSync(path, JSON.stringify({ schema_version, run_id, config, history, pending }))
    const shown = solverRun(path, "run.json").history
    const failed = shown.filter(({ value }) => value === null).length
    const beyond = shown.filter((one) => one.beyond).length
    expect(Math.min(failed, beyond)).toBeGreaterThan(0)
    const studio = await openStudio({
      engines: [],
      solvers: new Map([["run.json", () => solverRun(path, "run.json")]]),
    })
    onTestFinished(() => studio.stop())
    const seen = await seeing(studio.url)
    await soon(() => offered(seen)).toEqual(["Solver"])
    // Nobody is there to be tripped.
    await seen.page.locator(".top .mode").waitFor({ state: "hidden" })
    await seen.page.locator(".top").getByRole("button", { name: "Trip" }).waitFor({ state: "detached" })
    const chart = seen.page.getByRole("region", { name: "Convergence" })
    await chart.getByText(`${failed} failed`).waitFor()
    await chart.getByText(`${beyond} off the scale`).waitFor()
    await chart.getByText("8 pending").waitFor()
    const label = new RegExp(`^Convergence: .*, ${failed} failed, ${beyond} off the scale, 8 pending$`)
    expect(await seen.page.getByRole("img", { name: label }).count()).toBe(1)
    await picture(seen.page, "solver-marks")
    expect(seen.complaints).toEqual([])
  })

  it("show the reach of the trust region below the solver's curve, if the run can be repeated", async () => {
    const path = join(folder(), "run.json")
    writeFileSync(path, JSON.stringify(kinkedRun()))
    const { labels, reach } = solverRun(path, "run.json")
    expect(labels.length).toBeGreaterThan(1)
    const { lengths } = reach.at(-1)!.at(-1)!
    const studio = await openStudio({
      engines: [],
      solvers: new Map([["run.json", () => solverRun(path, "run.json")]]),
    })
    onTestFinished(() => studio.stop())
    const seen = await seeing(studio.url)
    const chart = seen.page.getByRole("img", { name: /^Reach of the trust region/ })
    await chart.waitFor()
    const [longest, shortest] = [figure(lengths[0]), figure(lengths.at(-1))]
    expect(await chart.getAttribute("aria-label")).toBe(
      `Reach of the trust region, in shares of a range: ${longest} along its longest axis at the end, ${shortest} along its shortest`,
    )
    const curve = seen.page.getByRole("img", { name: /^Convergence/ })
    expect(await curve.getAttribute("aria-label")).toContain(labels.map(({ label }) => label).join(", then "))
    await picture(seen.page, "solver-story")
    expect(seen.complaints).toEqual([])
  })
})

describe("a recorded run at its end", () => {
  it("states that it ended with a stop, or that the record ends without one", async () => {
    const [ended, cut] = [folder(), folder()]
    for (const [state, seed] of [
      [ended, 1],
      [cut, 2],
    ] as const) {
      const engine = createEngine({
        name: "search",
        params: { a: { min: 0, max: 1 } },
        seed,
        clock: "manual",
        window: { digests: 1, settleUs: 0 },
        state,
        journal: { compress: "none" },
      })
      await engine.start()
      for (let i = 1; i <= 60; i++) {
        engine.observe({ timestampUs: i * 1e5, objective: engine.values.a })
        engine.tick(i * 1e5)
      }
      await engine.stop()
    }
    // As a kill leaves it: the last records were never written.
    const file = join(cut, readdirSync(cut).find((name) => name.startsWith("journal-")) ?? "")
    writeFileSync(file, readFileSync(file).subarray(0, -600))
    const studio = await openStudio({
      engines: [...recordedEngines(ended), ...recordedEngines(cut)],
      solvers: new Map(),
    })
    onTestFinished(() => studio.stop())
    const seen = await seeing(`${studio.url}#/overview?engine=manual-2`)
    const word = (): Promise<string | null> => seen.page.locator(".hero .word").textContent()
    const mode = seen.page.locator(".top .mode")
    await soon(word).toBe("Killed here")
    await soon(() => mode.textContent()).toBe("Killed here")
    expect(await mode.getAttribute("data-tone")).toBe("trip")
    expect(await seen.page.locator(".hero").textContent()).toContain("The record ends without a stop")
    await picture(seen.page, "recording-cut")
    // Before its end it is told as it stood.
    await seen.page.getByRole("button", { name: "Step back" }).click()
    await soon(word).toBe("Adapting")
    // Both engines have one name: what tells them apart stands beside it.
    const options = await seen.page
      .getByRole("combobox", { name: "Engine" })
      .locator("option")
      .allTextContents()
    expect(options.toSorted()).toEqual(["search, manual-1", "search, manual-2"])
    await seen.page.getByRole("combobox", { name: "Engine" }).selectOption("manual-1")
    await soon(word).toBe("Stopped")
    expect(await seen.page.locator(".hero").textContent()).toContain("The record ends with a stop")
    expect(seen.complaints).toEqual([])
  })
})
