/** Another preset from the studio: what is asked, what is refused, who else hears of it, over real HTTP. */
import { describe, expect, it } from "vitest"
import { Prompt } from "../../../src/cli/tui/Prompt.ts"
import { ask, listen, openRig } from "./rig.ts"

describe("the action guardrails", () => {
  it("puts a preset in force, with who and why in the audit, SafeMode or not", async () => {
    const { engine, url, work, act } = await openRig()
    work(20)
    const session = (await ask(url, "/api/session")).json()
    expect(session).toMatchObject({
      capabilities: { presets: ["conservative", "balanced", "aggressive"] },
      engines: [{ preset: "aggressive" }],
    })
    const answer = await act({ action: "guardrails", preset: "conservative", reason: "on call alone" })
    expect(answer.status).toBe(200)
    const note = "guardrails conservative by ann (studio, no token): on call alone"
    expect(answer.json()).toMatchObject({ note, snapshot: { guardrails: { preset: "conservative" } } })
    expect(engine.audit.records().find(({ kind }) => kind === "guardrailsSet")).toMatchObject({
      note,
      preset: "conservative",
    })
    expect((await ask(url, "/api/session")).json()).toMatchObject({
      engines: [{ preset: "conservative", guardrails: { maxStep: 0.05 } }],
    })
    engine.trip("maintenance")
    expect((await act({ action: "guardrails", preset: "balanced" })).status).toBe(200)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", guardrails: { preset: "balanced" } })
    const { marks } = (await ask(url, "/api/history")).json()
    expect(marks).toContainEqual(
      expect.objectContaining({ kind: "guardrails", text: `conservative guardrails: ${note}` }),
    )
  })

  it("is refused without a change if the preset is missing or in force, or the studio is read-only", async () => {
    const { engine, act } = await openRig()
    for (const preset of [undefined, "bold", 7, null]) {
      const { status, text } = await act({ action: "guardrails", preset })
      expect([status, text]).toEqual([400, expect.stringContaining("preset must be one of")])
    }
    expect((await act({ action: "guardrails", preset: "balanced", confirm: false })).status).toBe(400)
    expect((await act({ action: "guardrails", preset: "balanced", reason: " " })).status).toBe(400)
    const same = await act({ action: "guardrails", preset: "aggressive" })
    expect([same.status, same.text]).toEqual([409, expect.stringContaining("in force already")])
    const still = await openRig({ readOnly: true })
    expect((await ask(still.url, "/api/session")).json()).toMatchObject({ capabilities: { presets: [] } })
    expect((await still.act({ action: "guardrails", preset: "balanced" })).status).toBe(403)
    for (const one of [engine, still.engine]) {
      expect(one.getSnapshot().guardrails.preset).toBe("aggressive")
      expect(one.audit.records().some(({ kind }) => kind === "guardrailsSet")).toBe(false)
    }
  })

  it("notifies every page, whoever changed them", async () => {
    const { engine, url } = await openRig()
    const stream = await listen(url)
    await stream.next("snapshot")
    engine.setGuardrails({ maxStep: 0.03 }, "from the code")
    expect((await stream.next("session")).data).toMatchObject({ reason: "guardrails", detail: null })
  })
})

describe("the key g of the terminal", () => {
  const typed = (prompt: Prompt, keys: string): ReturnType<Prompt["key"]> =>
    Array.from(keys).reduce<ReturnType<Prompt["key"]>>((_, key) => prompt.key(key), null)

  it("asks for a preset, a reason and a confirmation", () => {
    const prompt = new Prompt(["guardrails", "trip"])
    prompt.key("g")
    expect(prompt.footer).toContain("c conservative")
    prompt.key("x")
    expect(prompt.footer).toContain("c conservative")
    typed(prompt, "cquiet\r")
    expect(prompt.footer).toBe("guardrails conservative: quiet  Really? y/n")
    expect(prompt.key("y")).toEqual({ action: "guardrails", reason: "quiet", preset: "conservative" })
    // The next action has none.
    expect(typed(prompt, "tsmoke\ry")).toEqual({ action: "trip", reason: "smoke" })
  })

  it("does nothing after Escape, or if it is not allowed", () => {
    expect(typed(new Prompt(["guardrails"]), "g\u001bcquiet\ry")).toBeNull()
    expect(typed(new Prompt(["trip"]), "gcquiet\ry")).toBeNull()
  })
})
