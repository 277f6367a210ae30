/** A growing host part by part: layers, sockets with their grafts, and what the gates looked at. */
import { describe, expect, it } from "vitest"
import { createGrowth, type GrowthOptions, neuralHost, tasks } from "../../../src/morph/index.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4, 3], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  now: () => 0,
}

async function growing() {
  const growth = createGrowth(OPTIONS)
  await growth.start()
  return growth
}

const namesOf = (growth: {
  parts: () => ReadonlyArray<{ kind: string; name: string; parameters: number }>
}) => growth.parts().map(({ kind, name, parameters }) => `${kind} ${name} ${parameters}`)

describe("the parts of a growing host", () => {
  it("are its layers with an open socket after each hidden one", async () => {
    expect(namesOf(await growing())).toEqual([
      "layer hidden1 12",
      "socket hidden1 0",
      "layer hidden2 15",
      "socket hidden2 0",
      "layer head 8",
    ])
  })

  it("show a graft in its socket with the losses with it and without, and the numbers of its gates", async () => {
    const growth = await growing()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.run({ epochs: 3 })
    const [, planted] = growth.parts()
    expect(planted).toMatchObject({ name: "hidden1", parameters: 20, socket: { blueprint: "linear" } })
    expect(planted.socket?.state).not.toBe("dormant")
    expect(planted.socket?.figures).toMatchObject({
      lossWith: expect.any(Number),
      lossWithout: expect.any(Number),
    })
    const [sanity] = planted.socket?.gates ?? []
    expect(sanity).toMatchObject({ gate: "G0", answer: "pass" })
    expect(sanity?.findings.map(({ figure }) => figure)).toContain("ready")
  })
})

describe("the time of a boundary", () => {
  it("is that of the stopwatch, which decides nothing", async () => {
    let ms = 0
    const growth = createGrowth({ ...OPTIONS, stopwatch: () => (ms += 40) })
    const other = await growing()
    await growth.start()
    expect((await growth.run({ epochs: 3 }))?.boundaryMs).toBe(40)
    expect((await other.run({ epochs: 3 }))?.boundaryMs).toBe(0)
    expect(growth.snapshot()).toEqual(other.snapshot())
  })
})
