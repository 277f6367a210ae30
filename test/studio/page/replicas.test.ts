/** The page Replicas: a thousand of them, in both themes and on a phone; a change of owners; a list that is searched and paged. */
import { describe, expect, it } from "vitest"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { TunerBook } from "../../../src/studio/server/TunerBook.ts"
import { TunerRig } from "../tunerRig.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

async function watched(replicas: number, seconds: number, before = (rig: TunerRig) => rig) {
  const rig = before(new TunerRig(replicas)).run(seconds)
  const studio = keep(await openStudio({ engines: [], solvers: new Map(), tuners: [new TunerBook(rig)] }))
  return { rig, url: studio.url }
}

describe("the page Replicas", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("shows a thousand, in %s at %i pixels, without a barrier", async (theme, width) => {
    const moved = (tuner: TunerRig) => tuner.run(12).own().run(20).own("baseline").run(15).own()
    const { rig, url } = await watched(1000, 8, moved)
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
    const lane = owners.getByRole("img")
    expect(await lane.getAttribute("aria-label")).toBe("Owned by 10.0.0.1:7071, no change of owners")
    rig.own().run(10)
    await owners
      .getByText(/^The one before had stopped, so it went on there\. Has owned it for 10 s\.$/)
      .waitFor()
    rig.own("baseline").run(5)
    await owners.getByText(/^10\.0\.0\.2:7071 .* to its death between .* and .*\.$/).waitFor()
    expect(await owners.getByRole("listitem").count()).toBe(3)
    expect(await lane.getAttribute("aria-label")).toBe(
      "Owned by 10.0.0.3:7071, 2 changes of owners: 1 move, 1 death",
    )
    // As long as each owned it: 20 s, 10 s of which the last 9 are not certain, and 5 s.
    const drawn = await lane.locator(".owner").evaluateAll((bars) =>
      bars.map((bar) => {
        const { left, width } = bar.getBoundingClientRect()
        const sure = bar.querySelector(".sure")?.getBoundingClientRect().width ?? 0
        return { from: left - (bar.parentElement?.getBoundingClientRect().left ?? 0), width, sure }
      }),
    )
    const long = await lane.locator(".owner-track").evaluate((track) => track.getBoundingClientRect().width)
    const shares = drawn.map(({ from, width, sure }) => [from / long, width / long, sure / width])
    const expected = [
      [0, 19.6 / 35, 1],
      [20 / 35, 10 / 35, 1 / 10],
      [30 / 35, 5 / 35, 1],
    ]
    shares.forEach((share, i) => share.forEach((value, j) => expect(value).toBeCloseTo(expected[i][j], 2)))
    expect(await lane.locator(".owner-mark").allTextContents()).toEqual(["◆", "✕"])
    await page.getByRole("img", { name: /, 2 changes of owners$/ }).waitFor()
    const status = page.locator(".pager [role=status]")
    await page.getByRole("button", { name: "Next" }).click()
    await soon(() => status.textContent()).toBe("51–100 of 120 replicas")
    await page.getByRole("searchbox", { name: "Search replicas" }).fill("pod-0099")
    await soon(() => status.textContent()).toBe("1 replica")
    await page.getByLabel("State").selectOption("silent")
    await page.getByText("No replica matches.").waitFor()
  })

  it("says what it stands still for, and what ends that", async () => {
    const { rig, url } = await watched(6, 20)
    const { page } = await open(url)
    const note = page.getByRole("region", { name: "Tuner checkout" }).locator("p.small")
    rig.host.command("pause")
    await soon(() => note.textContent()).toBe("A person has paused it, until somebody resumes it.")
    rig.host.command("trip")
    await soon(() => note.textContent()).toBe("SafeMode is open until a person resets it.")
    rig.host.command("stop")
    await soon(() => note.textContent()).toBe("It does not run.")
    rig.own().run(2)
    await soon(() => note.isVisible()).toBe(false)
    for (let i = 0; i < 6; i++) rig.silent.add(i)
    rig.run(20)
    await soon(() => note.textContent()).toBe("SafeMode closes with the next readings.")
  })

  it("says of each replica what it counted for in the last stage, and which were left out", async () => {
    const before = (tuner: TunerRig) => {
      tuner.silent.add(2)
      return tuner
    }
    const { rig, url } = await watched(50, 20, before)
    rig.silent.add(4)
    rig.run(10)
    const { page } = await open(url)
    await page.getByText("weight: share of its side's mean in the last stage").waitFor()
    await page.getByLabel("Order").selectOption("name")
    const expected = rig.host
      .replicas()
      .toSorted((a, b) => (a.replica < b.replica ? -1 : 1))
      .map(({ replica, weight }) => {
        const share = weight === null ? "" : `${Number((100 * weight).toPrecision(3))} %`
        const said = weight === null ? "did not count" : `weight ${share}${weight === 0 ? ", left out" : ""}`
        return `${replica} ${said}`
      })
    for (const said of [/ did not count$/, / weight 0 %, left out$/, / weight [1-9][\d.]* %$/])
      expect(expected).toContainEqual(expect.stringMatching(said))
    const rows = page.locator(".engines .engine")
    const shown = () =>
      rows.evaluateAll((all) =>
        all.map((row) => [".name", ".weight"].map((part) => row.querySelector(part)?.textContent).join(" ")),
      )
    await soon(shown).toEqual(expected)
  })

  it("has no more elements for a thousand than for sixty, and finds, sorts and pages through all of them", async () => {
    const elements = async (replicas: number) => {
      const { rig, url } = await watched(replicas, 12)
      const { page } = await open(url, { still: true })
      await page.getByRole("img", { name: /^What the sides read: plus [\d.]+/ }).waitFor()
      await soon(() => page.locator(".engines .engine").count()).toBe(50)
      return { rig, page, count: await page.locator("*").count() }
    }
    const [few, many] = await Promise.all([elements(60), elements(1000)])
    expect(many.count).toBe(few.count)
    const { rig, page } = many
    const status = page.locator(".pager [role=status]")
    const names = page.locator(".engines .name")
    for (const i of [990, 40, 507]) {
      rig.silent.add(i)
      rig.run(2)
    }
    const order = page.getByLabel("Order")
    await order.selectOption("lag")
    await soon(async () => (await names.allTextContents()).slice(0, 3)).toEqual([
      "pod-0990",
      "pod-0040",
      "pod-0507",
    ])
    await page.getByLabel("State").selectOption("silent")
    await soon(() => status.textContent()).toBe("3 replicas")
    await page.getByLabel("State").selectOption("")
    await order.selectOption("name")
    const next = page.getByRole("button", { name: "Next" })
    for (let shown = 50; shown < 1000; shown += 50) {
      await soon(() => status.textContent()).toBe(`${shown - 49}–${shown} of 1\u202f000 replicas`)
      await next.click()
    }
    await soon(() => names.allTextContents()).toEqual(
      Array.from({ length: 50 }, (_, i) => `pod-${String(950 + i).padStart(4, "0")}`),
    )
    expect(await next.isDisabled()).toBe(true)
    expect(await names.count()).toBe(50)
    await page.getByRole("searchbox", { name: "Search replicas" }).fill("pod-0507")
    await soon(() => names.allTextContents()).toEqual(["pod-0507"])
  })
})
