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
    const patience = new AbortController()
    const { signal } = patience
    const enough = search.rollOut({ rate: 0.6, share: 0.5 }, { key: "r" }, { signal })
    patience.abort(new Error("enough"))
    await expect(enough).rejects.toThrow("enough")
    await expect(search.rollOut({ rate: 0.6 }, { key: "never" }, { signal })).rejects.toThrow("enough")
    expect((await search.commands()).map(({ key }) => key)).not.toContain("never")
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

/** The problems that a call is refused with, by their paths. */
const problemsOf = async (call: Promise<unknown>): Promise<ReadonlyArray<string>> => {
  const refused = (await call.then(
    () => null,
    (error: unknown) => error,
  )) as { readonly _tag: string; readonly problems: ReadonlyArray<Record<string, string>> }
  expect(refused).toMatchObject({ _tag: "ConfigError" })
  return refused.problems.map(({ path, message, suggestion = "" }) =>
    `${path} ${message} ${suggestion}`.trim(),
  )
}

const LONG = "x".repeat(1001)

describe("the note of a command", () => {
  it.each([
    ["a number for a name", { by: 3 }, ["by must be a string, got 3."]],
    [
      "several faults",
      { key: 7, by: LONG },
      ["by must be a text of at most 1000 characters", "key must be a string, got 7."],
    ],
    ["an empty key", { key: "" }, ['key must be a text of 1 to 1000 characters, got "".']],
    [
      "texts that are too long",
      { key: LONG, note: LONG },
      ["key must be a text of 1 to 1000 characters", "note must be a text of at most 1000 characters"],
    ],
    ["a field that is none", { who: "x" }, ["who is not an option here."]],
    ["a misspelled key", { kay: "p" }, ['kay is not an option here. Did you mean "key"?']],
    ["the field of another command", { values: { rate: 1 } }, ["values is not an option here."]],
  ])("is refused with every problem, in process and over HTTP alike: %s", async (_what, note, problems) => {
    const found = problems.map((text) => expect.stringContaining(text))
    const before = await tuner.commands()
    expect(await problemsOf(tuner.pause(note as never))).toEqual(found)
    expect(await problemsOf(acme.trip(note as never))).toEqual(found)
    for (const path of ["tuners/checkout/pause", "fleets/tenants/keys/acme/trip"]) {
      const { status, json } = await ask("POST", path, note)
      expect(status).toBe(400)
      const { problems } = json as { problems: ReadonlyArray<Record<string, string>> }
      expect(
        problems.map(({ path, message, suggestion = "" }) => `${path} ${message} ${suggestion}`.trim()),
      ).toEqual(found)
    }
    expect(await tuner.commands()).toEqual(before)
  })

  it("is a text or an object, and nothing else", async () => {
    for (const note of [null, 3, [], () => {}, LONG])
      expect(await problemsOf(tuner.pause(note as never))).toHaveLength(1)
    expect(await problemsOf(acme.trip(null as never))).toEqual([
      "must be a text, or by, note and key, got null.",
    ])
    expect(await problemsOf(tuner.rollOut({ rate: 0.5 }, 3 as never))).toHaveLength(1)
    for (const body of ["[]", "3", "null", '"a release"', "{"])
      expect(await ask("POST", "tuners/checkout/pause", body)).toMatchObject({ status: 400 })
    expect(await tuner.resume("a text")).toMatchObject({ by: "", note: "a text" })
    expect(await tuner.resume({ by: undefined, note: "x".repeat(1000) })).toMatchObject({ by: "" })
  })

  it("goes with candidates that can be sent; others are refused by field", async () => {
    const search = cluster.tuner("search")
    const values = (given: unknown) => problemsOf(search.rollOut(given as never))
    expect(await values({ rate: Number.NaN, share: 1n })).toEqual([
      "values.rate must be a finite number, got NaN.",
      "values.share must be a finite number, got 1n.",
    ])
    expect(await values({ rate: 0.5, share: undefined })).toEqual([
      "values.share must be a finite number, got undefined.",
    ])
    for (const given of [undefined, null, [], {}, () => {}])
      expect(await values(given)).toEqual(["values must name at least one knob. Knobs: rate, share."])
    const loop: Record<string, unknown> = {}
    loop["loop"] = loop
    expect(await values(loop)).toEqual(["values could not be read. Give a plain object."])
    expect(await problemsOf(search.rollOutVariant({ name: Number.NaN } as never))).toEqual([
      "variant.name must be a finite number, got NaN.",
    ])
    expect(await problemsOf(search.rollOutVariant(undefined as never))).toEqual([
      expect.stringMatching(/^variant must be an object/),
    ])
    expect(await ask("POST", "tuners/search/rollOut", '{"values":{"rate":1e400}}')).toMatchObject({
      status: 409,
      json: { problems: [{ path: "values.rate" }] },
    })
    expect(await ask("POST", "tuners/search/rollOut", { value: { rate: 0.5 } })).toMatchObject({
      status: 400,
      json: { problems: [{ path: "value", suggestion: 'Did you mean "values"?' }] },
    })
  })
})

describe("the answer to a rollOut that is sent again", () => {
  it("has the end of its candidate once that is known, though its first answer is the one that is kept", async () => {
    const again = () => ask("POST", "tuners/search/rollOut", { values: { rate: 0.4 }, key: "again" })
    const first = await again()
    expect(first).toMatchObject({ status: 200, json: { end: null } })
    expect(await again()).toEqual(first)
    await cluster.tuner("search").withdraw()
    expect(await again()).toEqual({ status: 200, json: { ...first.json, end: "withdrawn" } })
  })
})
