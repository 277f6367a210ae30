/** The rows of written rules: where each stands and its margin over time, live and recorded, in both themes and on a phone; and where there are none. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createEngine, type EngineOptions } from "arqon"
import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { parseFormula } from "../../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../../src/temporal/logic/synthesizeShield.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { recordedEngines } from "../../../src/studio/server/RecordedEngine.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { startService } from "./rig.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

const RUSH = "batch > 60 -> once[0,60s](rps > 500)"
const EVERY_US = 20_000

/** A service with rules: p99 is 155 ms at last, and what is said of single digests. */
async function ruled(
  more: { state?: string; digests?: boolean; rules?: NonNullable<EngineOptions["rules"]> } = {},
) {
  const engine = createEngine({
    params: { batch: { min: 1, max: 64, initial: 16 } },
    window: { digests: 4 },
    clock: "manual",
    seed: 3,
    rules: more.rules ?? [
      { name: "quick enough", formula: "always[0,60s](p99 < 200ms)", onViolation: "warn" },
      { name: "errors go away", formula: "err > 2% -> eventually[0,20](err < 1%)", onViolation: "rollback" },
      RUSH,
      { name: "room to spare", formula: "constraintMargin > 0" },
    ],
    ...(more.state === undefined ? {} : { state: more.state, audit: { digests: more.digests ?? true } }),
  })
  await engine.start()
  let i = 0
  const work = (digests: number, slowMs: Readonly<Record<number, number>> = {}): void => {
    for (const end = i + digests; i < end; i++) {
      const timestampUs = (i + 1) * EVERY_US
      engine.tick(timestampUs)
      const p99 = slowMs[i] ?? (i >= end - 8 ? 155 : 155 + 20 * Math.sin(i / 9))
      engine.observe({
        timestampUs,
        objective: (engine.values.batch - 30) ** 2 / 100,
        latencyP99Us: 1_000 * p99,
        errorRate: 0.004 + 0.003 * Math.sin(i / 15),
        throughputRps: 600,
      })
    }
  }
  return { engine, work }
}

const rowOf = (page: Page, name: string) =>
  page.getByRole("region", { name: "Rules" }).getByRole("listitem").filter({ hasText: name })
const lineOf = (page: Page, name: string): Promise<string | null> =>
  rowOf(page, name).getByRole("img").getAttribute("aria-label")

describe("the rows of rules", () => {
  it.each([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
    ["dark", 360],
  ] as const)(
    "say where each rule stands, follow, and draw its margin, in %s at %i pixels",
    async (theme, width) => {
      const { engine, work } = await ruled()
      const studio = keep(await engine.studio({ name: "quotes" }))
      work(160, { 101: 240 })
      const seen = await open(studio.url, { theme, width, height: 900, still: true })
      const { page, complaints } = seen
      const quick = rowOf(page, "quick enough")
      const text = () => quick.textContent()
      await soon(text).toContain("45 ms to spare")
      expect(await text()).toContain("always[0,60s](p99 < 200ms)")
      expect(await text()).toContain("A violation is only reported.")
      expect(await text()).toMatch(/Violated 1 time, last at 00:02\. p99 < 200000 is missed by 40000/)
      await soon(() => lineOf(page, "quick enough")).toMatch(/^Margin of quick enough.* in ms\..*lowest −40,/)
      // What happens while somebody looks: in the midst of a window, and to its end.
      work(120, { 221: 260 })
      await soon(text).toMatch(/Violated 2 times, last at 00:04\. p99 < 200000 is missed by 60000/)
      await soon(() => lineOf(page, "quick enough")).toMatch(/last 45, lowest −60,/)
      expect(await rowOf(page, "room to spare").textContent()).toMatch(
        /unknown.*opens SafeMode.*–.*nothing is known/,
      )
      expect(await rowOf(page, RUSH).textContent()).toMatch(/holds.*Never violated/)
      expect(await rowOf(page, "errors go away").textContent()).toMatch(/holds.*%.*to spare/)
      const card = page.getByRole("region", { name: "Rules" })
      expect(await card.locator("header .tag").textContent()).toBe("1 of 4 unknown")
      await card.scrollIntoViewIfNeeded()
      expect(await barriers(page)).toEqual([])
      expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
      await picture(page, `rules-${theme}-${width}`)
      work(1, { 280: 230 })
      await soon(text).toContain("−30 ms short of it")
      expect(await text()).toMatch(/violated since 00:05/)
      await soon(() => card.locator("header .tag").textContent()).toBe("1 of 4 violated")
      await page.reload()
      await soon(() => lineOf(page, "quick enough")).toMatch(/lowest −60,/)
      expect(await barriers(page)).toEqual([])
      expect(complaints).toEqual([])
      await engine.stop()
    },
  )

  it("say what a shield has left of proposals, and how likely a violation is", async () => {
    const { shield } = synthesizeShield({
      knobs: [{ name: "batch", cuts: [24] }],
      rule: parseFormula("batch < 24", { channels: { batch: "number" } }),
      waits: true,
    })
    const { engine, work } = await ruled({
      rules: [
        { name: "small", shield: shield?.table ?? {} },
        { name: "quick", formula: "p99 < 200ms", onViolation: "warn", warning: { horizon: 10 } },
      ],
    })
    const studio = keep(await engine.studio({ name: "quotes" }))
    work(4_000)
    const seen = await open(studio.url, { theme: "light", width: 390, height: 900, still: true })
    const { page, complaints } = seen
    const clipped = engine.getSnapshot().rules?.[0].shield?.clipped ?? 0
    expect(clipped).toBeGreaterThan(1)
    await soon(() => rowOf(page, "small").textContent()).toMatch(
      new RegExp(`Shield: ${clipped} proposals clipped, last at .*to keep the rule from batch below 24`),
    )
    expect(await rowOf(page, "quick").textContent()).toMatch(
      /violation within 10 digests has a probability (below 1|of \d+)\s%; it has warned \d+ times?\./,
    )
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    expect(complaints).toEqual([])
    await engine.stop()
  })

  it.each([[true], [false]])(
    "tell of a recorded run at the moment of its slider (digests recorded: %s)",
    async (digests) => {
      const state = mkdtempSync(join(tmpdir(), "arqon-rules-"))
      const { engine, work } = await ruled({ state, digests })
      work(400, { 201: 240 })
      await engine.stop()
      const studio = keep(await openStudio({ engines: recordedEngines(state), solvers: new Map() }))
      const seen = await open(studio.url, { still: true })
      const { page, complaints } = seen
      const text = () => rowOf(page, "quick enough").textContent()
      await soon(text).toMatch(/holds.*last at 00:04\. p99 < 200000 is missed by 40000/)
      await soon(() => lineOf(page, "quick enough")).toMatch(
        digests ? /lowest −40,/ : /lowest −40000,|lowest −40\D000,/,
      )
      await page
        .getByRole("slider", { name: "Moment of the recording" })
        .evaluate((input: HTMLInputElement) => {
          input.value = String(Math.round(Number(input.max) * 0.25))
          input.dispatchEvent(new Event("input", { bubbles: true }))
        })
      await soon(text).not.toContain("last at")
      await picture(page, `rules-recorded-${digests}`)
      expect(complaints).toEqual([])
      rmSync(state, { recursive: true, force: true })
    },
  )

  it("are absent for an engine without rules", async () => {
    const service = await startService()
    const studio = keep(await service.engine.studio())
    service.work(30)
    const seen = await open(studio.url)
    await seen.page.getByRole("region", { name: "What the engine is doing" }).waitFor()
    expect(await seen.page.getByRole("region", { name: "Rules" }).count()).toBe(0)
    await service.engine.stop()
  })
})
