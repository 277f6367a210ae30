/** What a person asks of a growing host from the studio, over real HTTP: carried out with its reason, or refused with one. */
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { createGrowth, neuralHost, tasks } from "../../../src/morph/index.ts"
import { GrowthBook } from "../../../src/studio/server/GrowthBook.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { ask, post } from "./rig.ts"

const PATH = "/api/growth/actions"

async function growing({ readOnly = false, steered = true } = {}) {
  const growth = createGrowth({
    host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
    data: tasks.xor({ rows: 96, seed: 3 }),
    policy: "manual",
    now: () => 0,
  })
  await growth.start()
  const book = new GrowthBook({ id: "g", name: "g", source: "live", steering: steered ? growth : null })
  const run = async (epochs: number): Promise<void> => {
    for (let i = 0; i < epochs; i++) {
      const boundary = await growth.run({ epochs: 1 })
      if (boundary !== null) book.add(boundary, { parts: growth.parts(), reports: growth.reports })
    }
  }
  const shelf = { engines: [], solvers: new Map(), growths: [book] }
  const studio = await openStudio(shelf, { token: false, readOnly })
  onTestFinished(async () => {
    await studio.stop()
    await growth.stop()
  })
  const act = (action: string, more: object = {}) =>
    post(studio.url, PATH, { growth: "g", action, reason: "to see", confirm: true, by: "Ada", ...more })
  const notes = () => book.run(0).rows.flatMap((row) => row.notes.map(({ text }) => text))
  return { growth, book, run, act, notes, url: studio.url }
}

const plant = { socket: "hidden1", blueprint: "linear" }

describe("steering a growing host", () => {
  it("plants, pauses, resumes, culls and rolls back, each with who asked and why", async () => {
    const { growth, run, act, notes } = await growing()
    await run(2)
    expect((await act("germinate", plant)).json()).toEqual({
      ok: true,
      action: "germinate",
      note: "germinate linear hidden1 by Ada (studio, no token): to see",
    })
    await run(2)
    expect(growth.snapshot().sockets[0]).toMatchObject({ blueprint: "linear", state: "training" })
    expect(notes()).toEqual([
      "germinate linear hidden1 by Ada (studio, no token): to see",
      "linear is planted in hidden1.",
      "linear learns beside the host.",
    ])
    for (const action of ["pause", "resume"]) expect((await act(action)).status).toBe(200)
    expect((await act("cull", { socket: "hidden1" })).status).toBe(200)
    await run(1)
    expect(growth.snapshot().sockets[0].state).toBe("culled")
    expect(notes().at(-1)).toMatch(
      /^linear was taken out of hidden1: .*to see.* as if nothing had been planted\.$/,
    )
    expect((await act("rollback")).status).toBe(200)
  })

  it("refuses what cannot be with the host's own reason, and changes nothing", async () => {
    const { growth, run, act, notes } = await growing()
    await run(2)
    const before = growth.snapshot()
    for (const [action, more, reason] of [
      [
        "germinate",
        { ...plant, blueprint: "linaer" },
        'There is no blueprint "linaer". Did you mean "linear"?',
      ],
      ["cull", { socket: "hidden1" }, "hidden1"],
      ["resume", {}, "The growing host is not paused. Pause it first."],
    ] as const) {
      const answer = await act(action, more)
      expect([answer.status, answer.json()["message"]]).toEqual([409, expect.stringContaining(reason)])
    }
    expect(growth.snapshot()).toEqual(before)
    await run(1)
    expect(notes()).toEqual([])
  })

  it("changes the learning rate of the next step, and nothing where it is none", async () => {
    const [{ growth, run, act }, twin] = [await growing(), await growing()]
    await run(2)
    await twin.run(2)
    expect((await act("adjust", { rate: 0.05 })).json()).toMatchObject({
      note: "adjust rate to 0.05 by Ada (studio, no token): to see",
    })
    await twin.growth.adjust({ rate: 0.05, why: "to see" })
    await run(1)
    await twin.run(1)
    expect(growth.snapshot()).toEqual(twin.growth.snapshot())
    for (const [rate, status] of [
      [-1, 409],
      ["fast", 400],
      [undefined, 400],
    ] as const)
      expect((await act("adjust", { rate })).status).toBe(status)
    await run(1)
    await twin.run(1)
    expect(growth.snapshot()).toEqual(twin.growth.snapshot())
  })

  it("lets a halted host go on, and refuses that to one that is not", async () => {
    const { growth, act } = await growing()
    expect((await act("reset")).json()["message"]).toContain("The host is operational, and not halted.")
    const reset = vi.spyOn(growth, "reset").mockResolvedValue()
    expect((await act("reset")).status).toBe(200)
    expect(reset).toHaveBeenCalledWith({ why: "reset by Ada (studio, no token): to see" })
  })

  it("refuses a block that spews NaN, and the host is what it was", async () => {
    const { growth, run, act, notes } = await growing()
    const twin = await growing()
    await run(3)
    await twin.run(3)
    await act("germinate", { ...plant, blueprint: "nan" })
    await run(3)
    await twin.run(3)
    expect(notes().at(-1)).toMatch(/^nan was refused in hidden1: .* The host has not changed\.$/)
    expect(growth.snapshot().test).toEqual(twin.growth.snapshot().test)
    expect(growth.snapshot().parameters).toBe(twin.growth.snapshot().parameters)
  })

  it("names everything that is wrong with a request", async () => {
    const { act, url } = await growing()
    const answer = await act("germinate", { growth: 4, reason: " ", confirm: false })
    expect([answer.status, answer.json()["message"]]).toEqual([
      400,
      "growth must be the id of a growing host. socket must be the name of a socket. blueprint must be the name of a blueprint. reason must be a text that says why. confirm must be true: ask before acting.",
    ])
    expect((await post(url, PATH, null)).status).toBe(400)
    expect((await act("cull", { growth: "other", socket: "hidden1" })).status).toBe(404)
  })

  it("is refused where nothing may be changed, and once the run is over", async () => {
    for (const how of [{ readOnly: true }, { steered: false }]) {
      const { act, url } = await growing(how)
      expect((await act("pause")).status).toBe(403)
      const { growths, readOnly } = (await ask(url, "/api/session")).json()
      expect([growths, readOnly]).toEqual([[expect.objectContaining({ actions: [] })], true])
    }
    const { act, book } = await growing()
    book.end()
    expect((await act("pause")).json()).toMatchObject({ message: expect.stringContaining("The run is over") })
  })
})
