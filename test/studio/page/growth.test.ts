/** The page Growth: a host that grows, as it is and as it came to be, in both themes and on a phone; and where there is none. */
import { describe, expect, it } from "vitest"
import { createGrowth, neuralHost, tasks } from "../../../src/morph/index.ts"
import { GrowthBook } from "../../../src/studio/server/GrowthBook.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { barriers, crowding, picture } from "./browser.ts"
import { useOpenings } from "./openings.ts"
import { soon } from "./soon.ts"

const { keep, open } = useOpenings()

/** A host that plants when it is told to, and a studio that shows it. */
async function growing() {
  let ms = 0
  const growth = createGrowth({
    host: neuralHost({ inputs: 2, hidden: [6, 4], classes: 2, batch: 32 }),
    data: tasks.spirals({ rows: 96, seed: 3 }),
    policy: "manual",
    now: () => 0,
    stopwatch: () => (ms += 3),
  })
  await growth.start()
  const blueprints = ["linear", "nan"]
  const book = new GrowthBook({
    id: "small",
    name: "a small host",
    source: "live",
    steering: growth,
    blueprints,
  })
  growth.subscribe((boundary) => book.add(boundary, { parts: growth.parts(), reports: growth.reports }))
  const opened = await openStudio({ engines: [], solvers: new Map(), growths: [book] })
  keep(opened)
  return { growth, book, url: opened.url }
}

describe("the page Growth", () => {
  it.each([
    ["light", 1440],
    ["dark", 360],
  ] as const)("shows the host as it is, in %s at %i pixels, without a barrier", async (theme, width) => {
    const { growth, url } = await growing()
    await growth.run({ epochs: 3 })
    await growth.germinate("hidden2", { blueprint: "linear", why: "to see it grow" })
    await growth.run({ epochs: 4 })
    const seen = await open(url, { theme, width, height: 900, still: true })
    const { page, complaints } = seen
    await page
      .getByRole("img", { name: "3 layers, 0 kept grafts, 2 sockets; linear in hidden2, training" })
      .waitFor()
    await page
      .getByText(
        /^linear in hidden2 is learning beside the host\. The held-out loss is \S+ with it and \S+ without\.$/,
      )
      .waitFor()
    const gates = page.getByRole("region", { name: "Gates" })
    expect(await gates.getByRole("listitem").count()).toBe(6)
    await gates.getByText("gradient norm", { exact: true }).waitFor()
    const time = page.getByRole("img", { name: "Time of a boundary: ms 3" })
    expect(await time.locator(".bound").count()).toBe(1)
    expect(await page.locator(".lanes .stretch[data-tone=growing]").count()).toBeGreaterThan(0)
    expect(await barriers(page)).toEqual([])
    expect(await page.evaluate(crowding)).toEqual({ overlaps: [], wider: 0 })
    await picture(page, `growth-${theme}-${width}`)
    expect(complaints).toEqual([])
  })

  it("follows the host, and goes back to a boundary by the keys", async () => {
    const { growth, url } = await growing()
    await growth.run({ epochs: 3 })
    const seen = await open(url)
    const { page } = seen
    const epoch = page.locator(".growth .tile dd").first()
    await soon(() => epoch.textContent()).toBe("3")
    await growth.germinate("hidden1", { blueprint: "linear", why: "to see it grow" })
    await growth.run({ epochs: 5 })
    await soon(() => epoch.textContent()).toBe("8")
    await page.getByRole("img", { name: /linear in hidden1, training/ }).waitFor()
    await page.getByRole("slider", { name: "Boundary that is shown" }).focus()
    await page.keyboard.press("Home")
    await soon(() => epoch.textContent()).toBe("1")
    await page.getByRole("img", { name: "3 layers, 0 kept grafts, 2 sockets", exact: true }).waitFor()
    await growth.run({ epochs: 2 })
    await page.getByRole("button", { name: "Follow" }).click()
    await soon(() => epoch.textContent()).toBe("10")
  })

  it("shows the gates of the socket that is chosen", async () => {
    const { growth, url } = await growing()
    await growth.germinate("hidden2", { blueprint: "linear", why: "to see it grow" })
    await growth.run({ epochs: 4 })
    const seen = await open(url)
    const gates = seen.page.getByRole("region", { name: "Gates" })
    const pressed = gates.locator("button[aria-pressed=true]")
    await soon(() => pressed.allTextContents()).toEqual(["hidden2"])
    await gates.getByRole("button", { name: "hidden1" }).click()
    await soon(() => pressed.allTextContents()).toEqual(["hidden1"])
    await seen.page.getByText("Nothing is planted in hidden1.").waitFor()
  })

  it("plants a block that is asked for with a reason, tells when it was refused, and is done when the run is over", async () => {
    const { growth, book, url } = await growing()
    await growth.run({ epochs: 2 })
    const seen = await open(url)
    const { page } = seen
    const steer = page.getByRole("button", { name: "Steer" })
    const offer = (name: string) => page.getByRole("dialog").getByRole("button", { name, exact: true })
    await soon(() => page.locator(".growth .tile dd").first().textContent()).toBe("2")
    await steer.click()
    expect(await offer("Cull a graft").isDisabled()).toBe(true)
    await page.getByText("Nothing is planted.", { exact: true }).waitFor()
    await offer("Plant a block").click()
    await page.getByRole("dialog").locator("select").last().selectOption("nan")
    await offer("Plant a block").click()
    await page.getByText("Give a reason: a word or two is enough.").waitFor()
    await page.getByLabel("Reason").fill("to see what happens")
    await offer("Plant a block").click()
    await page.getByText("Plant a block: done.").first().waitFor()
    await growth.run({ epochs: 1 })
    const refused = /nan was refused in hidden1: .* The host has not changed\./
    await page.getByRole("region", { name: "What happened" }).getByText(refused).waitFor()
    await soon(() => page.locator(".toasts").textContent()).toMatch(refused)
    await page.getByText(/the last block was refused at G0, and the host has not changed\.$/).waitFor()
    await picture(page, "growth-refused")
    await steer.click()
    await offer("Change the learning rate").click()
    await page.getByRole("spinbutton", { name: "Learning rate" }).fill("0.02")
    await page.getByLabel("Reason").fill("it learns too slowly")
    await offer("Change the learning rate").click()
    await page.getByText("Change the learning rate: done.").first().waitFor()
    book.end()
    await growth.run({ epochs: 1 })
    await page.getByText("over", { exact: true }).waitFor()
    await steer.click()
    expect(await offer("Plant a block").isDisabled()).toBe(true)
  })

  it("says so when its code cannot be fetched, and the rest of the page goes on", async () => {
    const { url } = await growing()
    const seen = await open("about:blank")
    const { page } = seen
    await page.route("**/growth-*.js", (route) => route.abort())
    await page.goto(url)
    await soon(() => page.getByRole("alert").first().textContent()).toContain("Growth could not be loaded.")
    expect(await page.locator(".nav a:visible").allTextContents()).toEqual(["Growth"])
  })
})
