/** Another guardrail preset from the page, in a real browser: chosen, explained, confirmed, and shown from then on. */
import type { Studio } from "arqon"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { launch, look, picture } from "./browser.ts"
import { type Service, startService } from "./rig.ts"
import { soon } from "./soon.ts"

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

async function open(readOnly: boolean) {
  const service: Service = await startService()
  const studio: Studio = await service.engine.studio({ name: "quotes", readOnly })
  service.work(150)
  const seen = await look(browser, studio.url)
  onTestFinished(async () => {
    await Promise.allSettled([seen.close(), studio.stop(), service.engine.stop()])
  })
  await seen.page.waitForSelector('body[data-connection="open"] .hero')
  return { service, seen, page: seen.page }
}

describe("the guardrails on the page", () => {
  it("change to a chosen preset after a reason and a confirmation, and the gauges follow", async () => {
    const { service, seen, page } = await open(false)
    const card = page.getByRole("region", { name: "Guardrail budgets" })
    await card.getByText("aggressive", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Steer" }).click()
    await page.locator(".steering").getByRole("button", { name: "Change guardrails" }).click()
    const dialog = page.getByRole("dialog", { name: "Change guardrails?" })
    const preset = dialog.getByLabel("Preset")
    // What is in force is no choice.
    expect(await preset.locator("option").allTextContents()).toEqual(["Conservative", "Balanced"])
    await preset.selectOption("Conservative")
    const confirm = dialog.getByRole("button", { name: "Change guardrails" })
    await confirm.click()
    await dialog.getByText("Give a reason").waitFor()
    expect(service.engine.getSnapshot().guardrails.preset).toBe("aggressive")
    await dialog.getByLabel("Reason").fill("on call alone")
    await dialog.getByLabel("Your name").fill("Ada")
    await picture(page, "guardrails-dialog")
    await confirm.click()
    await dialog.waitFor({ state: "detached" })
    expect(service.engine.getSnapshot().guardrails.preset).toBe("conservative")
    await card.getByText("conservative", { exact: true }).waitFor()
    const dial = page.getByRole("meter", { name: "Applies a second" })
    await soon(() => dial.getAttribute("aria-valuemax")).toBe("2")
    const said = service.engine.audit.records().find(({ kind }) => kind === "guardrailsSet")
    expect(said?.note).toBe("guardrails conservative by Ada (studio, token): on call alone")
    await page.getByText("conservative: guardrails conservative by Ada").first().waitFor()
    expect(seen.complaints).toEqual([])
  })

  it("follow changes by others, and cannot be changed in a read-only studio", async () => {
    const { service, page } = await open(true)
    const card = page.getByRole("region", { name: "Guardrail budgets" })
    await card.getByText("aggressive", { exact: true }).waitFor()
    expect(await page.getByRole("button", { name: "Steer" }).count()).toBe(0)
    service.engine.setGuardrails({ maxStep: 0.03 }, "from the code")
    await card.getByText("own numbers", { exact: true }).waitFor()
    await card.getByText("at most 3 % of its range").waitFor()
  })
})
