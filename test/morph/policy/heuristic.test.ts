import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BlueprintRecords } from "../../../src/morph/policy/BlueprintRecords.ts"
import { HEURISTIC, heuristic, plateauChange } from "../../../src/morph/policy/heuristic.ts"
import { readCommand } from "../../../src/morph/policy/PolicyCommand.ts"
import type { PolicyPacket } from "../../../src/morph/policy/PolicyPacket.ts"
import { blueprint, graft, packet, socket } from "./packets.ts"

/** Fifteen boundaries at 1, then fifteen at this loss. */
const stepTo = (loss: number): ReadonlyArray<number> => [
  ...Array.from({ length: 15 }, () => 1),
  ...Array.from({ length: 15 }, () => loss),
]

const planted = (given: PolicyPacket): readonly [string, string | undefined] | null => {
  const command = heuristic(given)
  return command?.type === "graft" && command.operation === "germinate"
    ? [command.socket, command.blueprint]
    : null
}

describe("the heuristic", () => {
  it.each([
    [1, true],
    [0.971, true],
    [1.029, true],
    [0.969, false],
    [1.031, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
  ])("at a loss that went from 1 to %d plants: %s", (loss, plants) => {
    expect(planted(packet({ heldOut: stepTo(loss) })) !== null).toBe(plants)
  })

  it("waits until there are two whole windows, and looks at no more than those", () => {
    expect(planted(packet({ heldOut: stepTo(1).slice(1) }))).toBeNull()
    expect(planted(packet({ heldOut: [50, 40, ...stepTo(1)] }))).not.toBeNull()
  })

  it("calls a loss of zero that stays there a plateau", () => {
    expect(
      plateauChange(
        Array.from({ length: 30 }, () => 0),
        15,
      ),
    ).toBe(0)
  })

  it("waits forty boundaries after a graft became part of the host", () => {
    expect(planted(packet({ sinceGrowth: 39 }))).toBeNull()
    expect(planted(packet({ sinceGrowth: 40 }))).not.toBeNull()
  })

  it("plants in the open socket with most gradient per activation variance", () => {
    const sockets = [
      socket("small", { gradient: 1, variance: 1 }),
      socket("loud", { gradient: 10, variance: 100 }),
      socket("hidden1", { gradient: 2, variance: 1 }),
      socket("hidden2", { gradient: 2, variance: 1 }),
      socket("taken", { gradient: 9, variance: 1, open: false }),
      socket("dead", { gradient: 9, variance: 0 }),
      socket("unknown", { gradient: Number.NaN }),
      socket("endless", { gradient: Number.POSITIVE_INFINITY }),
    ]
    const catalogue = [blueprint("linear", { fits: sockets.map(({ name }) => name) })]
    expect(planted(packet({ sockets, catalogue }))).toEqual(["hidden1", "linear"])
  })

  it("passes over a socket that no blueprint fits", () => {
    const sockets = [socket("image", { gradient: 9 }), socket("hidden1")]
    expect(planted(packet({ sockets }))).toEqual(["hidden1", "linear"])
  })

  it.each([
    ["has kept more", blueprint("other", { kept: 2, gain: 0.1 }), blueprint("best", { kept: 3, gain: 0.1 })],
    ["was culled longer ago", blueprint("other", { culls: 0.4 }), blueprint("best", { culls: 0.2 })],
    ["was never culled", blueprint("other", { kept: 1, culls: 0.5 }), blueprint("best", { kept: 1 })],
    ["gained more", blueprint("other", { kept: 1, gain: 0.1 }), blueprint("best", { kept: 1, gain: 0.2 })],
    ["is first", blueprint("best"), blueprint("other")],
    ["fits", blueprint("other", { kept: 5, fits: ["hidden2"] }), blueprint("best")],
    ["needs no approval", blueprint("other", { kept: 5, tier: "experimental" }), blueprint("best")],
    ["may leave quarantine", blueprint("other", { kept: 5, quarantineOnly: true }), blueprint("best")],
    ["can learn", blueprint("other", { kept: 5, parameters: 0 }), blueprint("best")],
  ])("takes the blueprint that %s", (_, ...catalogue) => {
    expect(planted(packet({ catalogue }))).toEqual(["hidden1", "best"])
  })

  it("leaves a culled blueprint alone, for ten boundaries, and for longer where a cull follows another", () => {
    const records = new BlueprintRecords()
    const waits: Array<number> = []
    let boundary = 100
    for (let cull = 0; cull < 4; cull++) {
      records.culled("linear", boundary)
      const at = boundary
      const isPlanted = (): boolean =>
        planted(packet({ catalogue: [blueprint("linear", records.standing("linear", boundary))] })) !== null
      while (!isPlanted()) boundary++
      waits.push(boundary - at)
    }
    expect(waits).toEqual([10, 16, 16, 16])
  })

  it("plants nothing while a graft is live, or in conservative mode", () => {
    expect(planted(packet({ grafts: [graft({ state: "training" })] }))).toBeNull()
    expect(planted(packet({ conservative: true }))).toBeNull()
  })

  it.each([
    [{}, true],
    [{ age: 19 }, false],
    [{ state: "shadowing" }, false],
    [{ lossAtEntry: 0.5049 }, false],
    [{ lossAtEntry: 0.5051 }, true],
    [{ lossAtEntry: 2.02, lossWith: 2 }, false],
    [{ lossAtEntry: 2.0203, lossWith: 2 }, true],
    [{ lossWith: Number.NaN }, false],
    [{ lossAtEntry: Number.NaN }, false],
  ] as const)("with a graft that differs by %j proposes to keep it: %s", (differs, keeps) => {
    const command = heuristic(packet({ grafts: [graft(differs)], conservative: true }))
    expect(command?.type === "graft" && command.operation === "fossilize").toBe(keeps)
  })

  it.each([
    [{}, true],
    [{ age: 29 }, false],
    [{ lossWith: 3 }, true],
    [{ lossWith: 0.998 }, true],
    [{ lossWith: 0.997 }, false],
    [{ state: "blending" }, false],
    [{ state: "shadowing" }, false],
    [{ lossWith: Number.NaN }, false],
    [{ lossWithout: Number.NaN }, false],
  ] as const)("with a graft that learns nothing and differs by %j proposes a cull: %s", (differs, culls) => {
    const idle = graft({ state: "training", age: 30, lossWith: 1, lossWithout: 1, ...differs })
    const command = heuristic(packet({ grafts: [idle], conservative: true }))
    expect(command?.type === "graft" && command.operation === "cull").toBe(culls)
    if (culls) expect(command).toMatchObject({ socket: "hidden1" })
  })

  it("answers the same for the same packet, changes nothing in it, and what it answers is a command", () => {
    const number = fc.double({ noDefaultInfinity: false })
    const packets = fc.record({
      sinceGrowth: fc.option(fc.nat(100)),
      heldOut: fc.array(fc.oneof(number, fc.constant(0.5)), { maxLength: 40, minLength: 28 }),
      conservative: fc.boolean(),
      sockets: fc.array(fc.record({ gradient: number, variance: number, open: fc.boolean() }), {
        maxLength: 4,
      }),
      catalogue: fc.array(fc.record({ kept: fc.nat(5), culls: number, quarantineOnly: fc.boolean() })),
    })
    fc.assert(
      fc.property(packets, ({ sockets, catalogue, ...rest }) => {
        const given = packet({
          ...rest,
          sockets: sockets.map((one, i) => socket(`hidden${i + 1}`, one)),
          catalogue: catalogue.map((one, i) => blueprint(`b${i}`, one)),
        })
        const copy = structuredClone(given)
        const command = heuristic(given)
        expect(given).toEqual(copy)
        expect(heuristic(copy)).toEqual(command)
        expect(readCommand(command)).toMatchObject({ ok: true })
        if (command === null || command.type !== "graft") return
        const { socket: name, blueprint: what } = command
        expect(given.sockets.find((one) => one.name === name)?.open).toBe(true)
        const chosen = given.catalogue.find((one) => one.name === what)
        expect(chosen?.quarantineOnly).toBe(false)
        expect(chosen?.culls).toBeLessThanOrEqual(HEURISTIC.avoidAbove)
      }),
    )
  })
})

describe("the record of a blueprint", () => {
  it("forgets half of its culls every ten boundaries and none of what was kept", () => {
    const records = new BlueprintRecords()
    records.culled("linear", 100)
    records.kept("linear", 0.2)
    records.kept("linear", 0.4)
    expect(records.standing("linear", 100)).toEqual({ kept: 2, gain: expect.closeTo(0.3), culls: 1 })
    expect(records.standing("linear", 110).culls).toBe(0.5)
    expect(records.standing("linear", 130).culls).toBe(0.125)
    records.culled("linear", 110)
    expect(records.standing("linear", 120).culls).toBe(0.75)
    expect(records.standing("gatedMlp", 120)).toEqual({ kept: 0, gain: 0, culls: 0 })
  })

  it("is the same after a snapshot", () => {
    const records = new BlueprintRecords()
    records.culled("linear", 7)
    records.kept("gatedMlp", 0.5)
    const restored = new BlueprintRecords(JSON.parse(JSON.stringify(records.snapshot())))
    for (const name of ["linear", "gatedMlp"])
      expect(restored.standing(name, 20)).toEqual(records.standing(name, 20))
  })
})
