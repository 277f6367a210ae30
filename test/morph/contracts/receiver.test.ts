/** Signed commands from another process: each is carried out once, or refused with its reason, changes nothing then, and is audited. */
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createReceiver, createSealer } from "../../../src/morph/contracts/index.node.ts"
import type { Command } from "../../../src/morph/contracts/messages.ts"
import type { Receipt } from "../../../src/morph/contracts/wire/receiver.ts"
import { createGrowth, neuralHost, tasks } from "../../../src/morph/index.ts"

const SECRET = "a secret of at least 32 bytes, ok"
const ISSUED = 1_795_000_000_000
const NOW = ISSUED + 40

const head = {
  issuedAtMs: ISSUED,
  issuer: "policy-1",
  run: "moons",
  deadlineMs: 1000,
  why: "plateau",
  annotations: {},
}
const planting = { operation: "germinate", blueprint: "linear", parameters: {}, socket: "hidden1" } as const
const nothing = { blueprint: "", parameters: {}, socket: "" }

async function listening() {
  const growth = createGrowth({
    host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
    data: tasks.moons({ rows: 64 }),
    policy: "manual",
    now: () => 0,
  })
  await growth.start()
  const asked: Array<readonly [type: string, why: string]> = []
  growth.events$.subscribe((event) => {
    if (event.type !== "commanded") return
    const { command } = event
    asked.push([command.type, command.type === "germinate" ? command.request.why : command.why])
  })
  const audited: Array<Receipt> = []
  const receiver = createReceiver({
    growth,
    run: "moons",
    secrets: [SECRET],
    audit: (receipt) => audited.push(receipt),
  })
  const sealer = createSealer({ secrets: [SECRET] })
  let id = 0
  const seal = (body: object) => sealer.seal("command", { ...head, id: ++id, target: 0, ...body } as Command)
  const send = async (body: object, nowMs = NOW) => receiver.receive(seal(body), nowMs)
  return { growth, receiver, seal, send, asked, audited }
}

const reasonOf = (receipt: Receipt): string => (receipt.ok ? "done" : receipt.reason)

describe("a command from another process", () => {
  it("does what a person's would, under its issuer's name", async () => {
    const { growth, send, asked, audited } = await listening()
    const twin = (await listening()).growth
    expect(reasonOf(await send({ type: "graft", graft: planting }))).toBe("done")
    await twin.germinate("hidden1", { blueprint: "linear", why: "plateau" })
    await growth.run({ epochs: 3 })
    await twin.run({ epochs: 3 })
    const sent = await send({
      type: "optimiser",
      optimiser: { optimiser: "adam", parameters: { rate: 0.02 } },
    })
    expect(reasonOf(sent)).toBe("done")
    await twin.adjust({ rate: 0.02, why: "plateau" })
    expect(reasonOf(await send({ type: "rollback", rollback: { epoch: 0, full: false } }))).toBe("done")
    await twin.rollback({ why: "plateau" })
    await growth.run({ epochs: 2 })
    await twin.run({ epochs: 2 })
    expect(reasonOf(await send({ type: "graft", target: 1, graft: { ...nothing, operation: "cull" } }))).toBe(
      "done",
    )
    await twin.cull("hidden1", { why: "plateau" })
    expect((await growth.run({ epochs: 1 }))?.sockets).toMatchObject([{ state: "culled", graft: "g1" }])
    await twin.run({ epochs: 1 })
    expect(growth.snapshot()).toEqual(twin.snapshot())
    expect(reasonOf(await send({ type: "pause" }))).toBe("done")
    expect(asked).toEqual([
      ["germinate", "plateau (command 1 of policy-1)"],
      ["adjust", "plateau (command 2 of policy-1)"],
      ["rollback", "plateau (command 3 of policy-1)"],
      ["cull", "plateau (command 4 of policy-1)"],
      ["pause", "plateau (command 5 of policy-1)"],
    ])
    expect(audited.map(reasonOf)).toEqual(Array<string>(5).fill("done"))
  })

  it("is refused once it was forged, replayed, late, for another run or for a graft that is gone, and each is audited", async () => {
    const { growth, receiver, seal, send, asked, audited } = await listening()
    const forged = createSealer({ secrets: ["a secret that someone else made up"] })
    const pause = { ...head, id: 99, target: 0, type: "pause" } as const
    const before = growth.snapshot()
    const twice = seal({ type: "pause", deadlineMs: 39 })
    const receipts = [
      await receiver.receive(forged.seal("command", pause), NOW),
      await receiver.receive(twice, NOW),
      await receiver.receive(twice, NOW),
      await send({ type: "pause" }, NOW + 60_000),
      await send({ type: "pause", run: "spirals" }),
      await send({ type: "graft", target: 1, graft: { ...nothing, operation: "cull" } }),
      await send({ type: "graft", target: 0, graft: { ...nothing, operation: "fossilize" } }),
      await send({ type: "graft", target: 1, graft: { ...nothing, operation: "startGrafting" } }),
      await send({ type: "rollback", rollback: { epoch: 3, full: false } }),
      await send({ type: "pruning" }),
      await send({ type: "pause", why: " " }),
      await send({ type: "graft", graft: { ...planting, blueprint: "liner", socket: "hidden9" } }),
      await send({ type: "optimiser", optimiser: { optimiser: "adam", parameters: { speed: 1 } } }),
    ]
    expect(receipts.map(reasonOf)).toEqual([
      "forged",
      "late",
      "replayed",
      "stale",
      "otherRun",
      "gone",
      "gone",
      "notOffered",
      "notOffered",
      "notOffered",
      "refused",
      "refused",
      "refused",
    ])
    expect(audited).toEqual(receipts)
    expect(JSON.stringify(receipts[11])).toMatch(/linear.*hidden1|hidden1.*linear/)
    // Only what the host itself refused has reached it.
    expect(asked.map(([type]) => type)).toEqual(["germinate", "adjust"])
    expect(growth.snapshot()).toEqual(before)
  })

  it("for a graft culls no other one that came into its place", async () => {
    const { growth } = await listening()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.run({ epochs: 1 })
    await expect(growth.cull("hidden1", { graft: "g2", why: "test" })).rejects.toThrow(
      '"g2" is not in "hidden1"',
    )
    await growth.cull("hidden1", { graft: "g1", why: "test" })
  })

  it("that is another message asks for nothing", async () => {
    const { receiver } = await listening()
    const signal = { id: 1, issuedAtMs: ISSUED, issuer: "x", run: "moons", graft: 0, epoch: 1, why: "drill" }
    const sealer = createSealer({ secrets: [SECRET] })
    const bytes = sealer.seal("emergencySignal", { ...signal, level: "halt" })
    expect(reasonOf(await receiver.receive(bytes, NOW))).toBe("notCommand")
  })
})

describe("a receiver", () => {
  it("is refused with all that it lacks", () => {
    const made = () => createReceiver({ growth: {}, run: "", secrets: [SECRET] } as never)
    expect(made).toThrow(GrowthError)
    for (const path of ["growth.parts", "growth.cull", "growth.pause", "run", "audit"])
      expect(made).toThrow(`${path}: `)
  })

  it("lets what is no refusal through, and audits nothing that did not end", async () => {
    const { growth } = await listening()
    const audited: Array<Receipt> = []
    const broken = { ...growth, pause: () => Promise.reject(new Error("it broke")) }
    const receiver = createReceiver({
      growth: broken,
      run: "moons",
      secrets: [SECRET],
      audit: (one) => audited.push(one),
    })
    const bytes = createSealer({ secrets: [SECRET] }).seal("command", {
      ...head,
      id: 1,
      target: 0,
      type: "pause",
    })
    await expect(receiver.receive(bytes, NOW)).rejects.toThrow("it broke")
    expect(audited).toEqual([])
  })
})
