/** Commands of people to a tuner and to a key, in process and over HTTP: both ways refuse the same, and a key stands for one command. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createCluster, sqlite } from "../../src/cluster/index.ts"
import { TunerOwner } from "../../src/cluster/TunerOwner.ts"
import { PLANT } from "./Troop.ts"

const cluster = createCluster({
  storage: sqlite(":memory:"),
  gateway: { port: 0 },
  tuners: { checkout: PLANT, search: PLANT },
  fleets: { tenants: { engine: PLANT.engine, buckets: 1 } },
})
beforeAll(() => cluster.start())
afterAll(() => cluster.stop())

async function ask(method: "GET" | "POST", path: string, body?: unknown) {
  const response = await fetch(`${cluster.url}/arqon/${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> }
}

const tuner = cluster.tuner("checkout")
const acme = cluster.fleet("tenants").key("acme")

describe("a key of a command", () => {
  it("is refused with another command to a tuner, which is not carried out, and has the same answer for the same one", async () => {
    const done = await tuner.pause({ by: "ada", key: "k1" })
    await expect(tuner.resume({ key: "k1" })).rejects.toMatchObject({
      _tag: "ClusterError",
      reason: "otherCommand",
      message: 'The key "k1" belongs to another command to checkout: pause. Send this one under another key.',
    })
    expect(await ask("POST", "tuners/checkout/resume", { key: "k1" })).toEqual({
      status: 409,
      json: {
        error: 'the key "k1" belongs to another command to checkout: pause. Send this one under another key',
        problems: [],
      },
    })
    expect(await tuner.pause({ by: "bob", key: "k1" })).toEqual(done)
    expect(await ask("POST", "tuners/checkout/pause", { key: "k1" })).toEqual({ status: 200, json: done })
    expect(await tuner.status()).toMatchObject({ state: "frozen" })
    await tuner.resume({ key: "k2" })
    expect((await tuner.status()).state).not.toBe("frozen")
  })

  it("is refused with other values or another variant, whatever became of those before", async () => {
    const search = cluster.tuner("search")
    const { json } = await ask("POST", "tuners/search/rollOut", {
      values: { rate: 0.6, share: 0.5 },
      key: "r",
    })
    expect(json).toMatchObject({ command: "rollOut", end: null })
    const end = search.rollOut({ rate: 0.6, share: 0.5 }, { key: "r" })
    const other = {
      reason: "otherCommand",
      message: expect.stringContaining('The key "r" belongs to a rollOut'),
    }
    await expect(search.rollOut({ rate: 0.7 }, { key: "r" })).rejects.toMatchObject(other)
    await search.withdraw()
    expect(await end).toBe("withdrawn")
    await expect(search.rollOut({ rate: 0.7 }, { key: "r" })).rejects.toMatchObject(other)
    await expect(search.withdraw({ key: "r" })).rejects.toMatchObject({ reason: "otherCommand" })
    expect(await search.rollOut({ share: 0.5, rate: 0.6 }, { key: "r" })).toBe("withdrawn")
    const values = (rate: number) => ({ values: { rate }, key: "s" })
    const first = await ask("POST", "tuners/search/rollOut", values(7))
    expect(first).toMatchObject({ status: 409, json: { problems: [{ path: "values.rate" }] } })
    expect(await ask("POST", "tuners/search/rollOut", values(7))).toEqual(first)
    expect(await ask("POST", "tuners/search/rollOut", values(0.7))).toMatchObject({
      status: 409,
      json: {
        error: 'the key "s" belongs to a rollOut to search with other values. Send these under another key',
      },
    })
    expect((await ask("POST", "tuners/search/rollOutVariant", { variant: { a: 1 }, key: "v" })).status).toBe(
      409,
    )
    expect(await ask("POST", "tuners/search/rollOutVariant", { variant: { a: 2 }, key: "v" })).toMatchObject({
      json: {
        error:
          'the key "v" belongs to a rollOutVariant to search with another variant. Send this one under another key',
      },
    })
  })

  it("is refused with another command to a key of a fleet", async () => {
    const done = await acme.trip({ key: "t" })
    const message =
      'The key "t" belongs to another command to key acme of tenants: trip. Send this one under another key.'
    await expect(acme.reset({ key: "t" })).rejects.toMatchObject({ reason: "otherCommand", message })
    expect(await ask("POST", "fleets/tenants/keys/acme/reset", { key: "t" })).toMatchObject({ status: 409 })
    expect(await acme.trip({ key: "t" })).toEqual(done)
    expect(await acme.status()).toMatchObject({ safeMode: "manualTrigger" })
  })

  it("is kept with a short hash of what was rolled out; what was saved without one is read", () => {
    const start = { options: { ...PLANT, name: "checkout" }, runner: "one", nowUs: 1e6 }
    const owner = new TunerOwner({ ...start, epoch: 1, left: null })
    const asked = {
      key: "r",
      command: "rollOut",
      by: "",
      note: "",
      candidate: { values: { rate: 0.6 } },
    } as const
    expect(owner.command(asked, 2e6, 7).candidateHash).toMatch(/^[0-9a-f]{16}$/)
    const saved = owner.standing(true)
    const before = saved.replaceAll(/,"candidateHash":"\w+"/g, "")
    expect(before).not.toBe(saved)
    for (const left of [saved, before])
      expect(new TunerOwner({ ...start, epoch: 2, left }).view().commands).toMatchObject([{ key: "r" }])
  })
})
