/** The table of a host's grafts, judged from outside: honest grafts get through, faulty ones are culled, and the host is unharmed. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import type { Planting } from "../../../src/morph/contracts/Host.ts"
import { GraftTable } from "../../../src/morph/grafting/GraftTable.ts"
import { ALLOWED } from "./rig.ts"
import { FAULTY, HONEST, ToyHost } from "./ToyHost.ts"

const planting = (blueprint: string, graft = `${blueprint}1`): Planting => ({
  graft,
  blueprint,
  parameters: {},
  operator: "residual",
  owner: "ada",
})

class Farm {
  readonly host: ToyHost
  readonly table: GraftTable
  readonly twin = new ToyHost()
  readonly moves: Array<string> = []
  readonly probations: Array<string> = []

  constructor(sockets?: ReadonlyArray<string>) {
    this.host = new ToyHost(sockets)
    this.table = new GraftTable({ host: this.host })
  }

  plant(blueprint: string, slot = "a", graft?: string) {
    return this.table.command(slot, {
      type: "germinate",
      planting: planting(blueprint, graft),
      why: "a plateau",
    })
  }

  stateOf(slot = "a") {
    return this.table.lives.find((life) => life.slot === slot)?.state
  }

  /** Epochs with a boundary each; whatever is on probation is asked to be fossilized. */
  epochs(count: number, { plants = true } = {}): this {
    for (let i = 0; i < count; i++) {
      this.host.train()
      this.twin.train()
      for (const { slot, state, request } of this.table.lives)
        if (state === "probationary" && request === null)
          this.table.command(slot, { type: "fossilize", why: "ready" })
      const { moves } = this.table.atBoundary(this.table.boundary + 1, { plants })
      expect(new Set(moves.map(({ slot }) => slot)).size).toBe(moves.length)
      for (const { slot, from, to } of moves) {
        expect(ALLOWED).toContain(`${from} ${to}`)
        this.moves.push(`${slot} ${to}`)
        if (to === "probationary") this.probations.push(slot)
      }
    }
    return this
  }

  get isUntouched(): boolean {
    return this.host.numbers.every((word, i) => Object.is(word, this.twin.numbers[i]))
  }
}

describe("an honest graft", () => {
  it.each(Object.keys(HONEST))("(%s) is kept, and a socket opens at its output", (name) => {
    const farm = new Farm()
    expect(farm.plant(name)).toEqual([])
    farm.epochs(160)
    expect(farm.stateOf()).toBe("fossilized")
    expect(farm.table.entries).toEqual([
      { slot: "a", graft: `${name}1`, blueprint: name, owner: "ada", state: "fossilized" },
    ])
    expect(farm.table.lives.map(({ slot }) => slot)).toEqual(["a", "b", "a'"])
    expect(farm.plant("honest", "a'", "second")).toEqual([])
    expect(farm.epochs(80).stateOf("a'")).toBe("fossilized")
  })
})

describe("a faulty graft", () => {
  it.each(Object.keys(FAULTY))("(%s) ends dormant, and leaves no trace in the host", (name) => {
    const farm = new Farm()
    farm.plant(name)
    let before: Float64Array | null = null
    let restored = false
    for (let i = 0; i < 260; i++) {
      const { state } = farm.table.lives[0]
      farm.epochs(1)
      const { state: after } = farm.table.lives[0]
      if (after === "probationary" && state !== after) before = farm.host.numbers.slice()
      if (state === "probationary" && after === "culled") {
        restored = true
        expect(Array.from(farm.host.numbers)).toEqual(Array.from(before ?? []))
      }
    }
    expect(farm.stateOf()).toBe("dormant")
    expect(farm.moves).not.toContain("a fossilized")
    expect(farm.host.planted.size).toBe(0)
    expect(restored).toBe(name === "souring")
    if (!restored) expect(farm.isUntouched).toBe(true)
  })

  it("that nobody ever asks to be kept is culled when its probation is over", () => {
    const farm = new Farm(["a"])
    farm.plant("honest")
    for (let i = 0; i < 160 && farm.stateOf() !== "culled"; i++) {
      farm.host.train()
      farm.table.atBoundary(i)
    }
    expect(farm.stateOf()).toBe("culled")
    expect(farm.table.lives[0].cause).toContain("asked is 0")
  })
})

describe("any catalogue, in any order, over several sockets", () => {
  it("keeps only what is honest, and a host none of whose grafts came past G3 is bit for bit as one without", () => {
    const names = [...Object.keys(HONEST), ...Object.keys(FAULTY)]
    const kept = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.constantFrom(...names), slot: fc.constantFrom("a", "b", "c") }), {
          minLength: 1,
          maxLength: 8,
        }),
        (wishes) => {
          const farm = new Farm(["a", "b", "c"])
          for (const [i, { name, slot }] of wishes.entries()) {
            farm.plant(name, slot, `${name}.${i}`)
            farm.epochs(35)
          }
          farm.epochs(250)
          for (const { state, blueprint } of farm.table.entries) {
            expect([blueprint, state]).toEqual([blueprint, "fossilized"])
            expect(Object.keys(HONEST)).toContain(blueprint)
            kept.add(blueprint)
          }
          if (farm.probations.length === 0) expect(farm.isUntouched).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
    expect([...kept].toSorted()).toEqual(Object.keys(HONEST).toSorted())
  })
})

describe("grafts that are on probation together", () => {
  /** Two on probation, the first in a. */
  function both(first: string, second: string) {
    const farm = new Farm()
    farm.plant(first, "a")
    farm.epochs(2)
    farm.plant(second, "b")
    for (let i = 0; i < 60 && farm.stateOf("b") !== "probationary"; i++) farm.epochs(1)
    expect([farm.stateOf("a"), farm.stateOf("b")]).toEqual(["probationary", "probationary"])
    return farm
  }

  it("are culled with the one that was there before, whose snapshot alone is restored", () => {
    const farm = both("honest", "modest")
    const { host, table } = farm
    const before = host.snapshots.get("a")?.slice()
    host.train()
    expect(table.fault("a", "governor").map(({ slot, to }) => [slot, to])).toEqual([
      ["a", "culled"],
      ["b", "culled"],
    ])
    expect(Array.from(host.numbers)).toEqual(Array.from(before ?? []))
    expect(host.calls.filter((call) => call.startsWith("restore"))).toEqual(["restore a"])
    farm.epochs(1)
    expect([farm.stateOf("a"), farm.stateOf("b")]).toEqual(["culled", "culled"])
    farm.epochs(10)
    expect([farm.stateOf("a"), farm.stateOf("b")]).toEqual(["dormant", "dormant"])
  })

  it("do not lose the older one when the younger is culled, whose evidence begins anew", () => {
    const farm = both("modest", "honest")
    farm.epochs(5)
    farm.table.command("b", { type: "cull", why: "enough" })
    farm.epochs(1)
    const [older] = farm.table.lives
    expect([older.state, farm.stateOf("b")]).toEqual(["probationary", "culled"])
    expect(older.conditions.rolledBack).not.toBeNull()
    expect(farm.epochs(60).stateOf("a")).toBe("fossilized")
  })

  it("are kept in their order", () => {
    const farm = both("honest", "modest").epochs(120)
    const kept = farm.moves.filter((move) => move.endsWith("fossilized"))
    expect(kept).toEqual(["a fossilized", "b fossilized"])
  })
})

describe("when the host goes back for one graft", () => {
  it("no gate passes any other at that boundary, and a breach among them still counts", () => {
    const farm = new Farm()
    farm.plant("honest", "a")
    for (let i = 0; i < 60 && farm.stateOf() !== "probationary"; i++) farm.epochs(1)
    farm.plant("leakTail", "b")
    farm.epochs(1)
    farm.table.command("a", { type: "cull", why: "so" })
    farm.epochs(1)
    expect([farm.stateOf("a"), farm.stateOf("b")]).toEqual(["culled", "germinated"])
    const [, other] = farm.table.lives
    expect(other.conditions.rolledBack).not.toBeNull()
  })
})

describe("a boundary", () => {
  it("reports a blueprint that G0 refused, once, and what was measured", () => {
    const farm = new Farm()
    farm.plant("notIdentity", "b")
    farm.host.train()
    const { refusals, restored } = farm.table.atBoundary(0)
    expect(refusals).toEqual([
      {
        slot: "b",
        blueprint: "notIdentity",
        problems: [
          {
            path: "germinate",
            message: expect.stringMatching(/^G0 refused/),
            suggestion: expect.stringMatching(/./),
          },
        ],
      },
    ])
    expect(restored).toBe(false)
    expect(farm.table.figuresOf("b")["identityError"]).toBe(1e-7)
    expect(farm.table.atBoundary(1).refusals).toEqual([])
    expect(farm.table.figuresOf("b")).toEqual({})
  })

  it("lets others measure what the host cannot, and the host decide where both do", () => {
    const farm = new Farm()
    farm.plant("honest")
    farm.epochs(2)
    farm.host.train()
    farm.table.atBoundary(2, { shared: { own: 3, violations: 7 } })
    expect(farm.table.figuresOf("a")).toMatchObject({ own: 3, violations: 0 })
  })

  it("changes nothing if the host cannot be measured", () => {
    const farm = new Farm()
    farm.plant("honest")
    farm.epochs(4)
    const { standing } = farm.table
    farm.host.planted.delete("a")
    expect(() => farm.table.atBoundary(9)).toThrow("nothing is planted in a")
    expect(farm.table.standing).toEqual(standing)
  })
})

describe("in a mode that plants nothing", () => {
  it("a germination is refused, one that was taken before is withdrawn, and what lives goes on", () => {
    const farm = new Farm()
    farm.plant("honest", "a")
    farm.epochs(3)
    farm.plant("honest", "b", "second")
    farm.host.train()
    const { refusals } = farm.table.atBoundary(3, { plants: false })
    expect(refusals).toEqual([
      {
        slot: "b",
        blueprint: "honest",
        problems: [{ path: "germinate", message: expect.stringContaining("conservative") }],
      },
    ])
    expect(farm.plant("honest", "b", "third")).toHaveLength(1)
    farm.epochs(120, { plants: false })
    expect([farm.stateOf("a"), farm.stateOf("b")]).toEqual(["fossilized", "dormant"])
    farm.epochs(1)
    expect(farm.plant("honest", "b", "third")).toEqual([])
  })
})

describe("what is refused", () => {
  it("an unknown socket, with the nearest one", () => {
    const table = new GraftTable({ host: new ToyHost(["hidden1", "hidden2"]) })
    expect(table.command("hiden1", { type: "cull", why: "so" })).toEqual([
      { path: "socket", message: 'There is no socket "hiden1".', suggestion: 'Did you mean "hidden1"?' },
    ])
  })

  it("a name that another graft has, and a socket with something in it", () => {
    const farm = new Farm()
    farm.plant("honest", "a", "g")
    expect(farm.plant("honest", "b", "g")[0].message).toBe('"g" is in "a".')
    farm.epochs(2)
    expect(farm.plant("honest", "a", "h")[0].message).toContain("already: it is")
  })

  it("a boundary that was before, with nothing changed", () => {
    const farm = new Farm().epochs(3)
    const { standing } = farm.table
    for (const boundary of [2, -1, 0.5, Number.NaN])
      expect(() => farm.table.atBoundary(boundary)).toThrow(GrowthError)
    expect(farm.table.standing).toEqual(standing)
  })

  it("options that are none, with each path", () => {
    const options = { embargo: { boundaries: 0 }, G1: { gian: 0.1 }, alpha: { curve: "cubic" } }
    const made = () => new GraftTable({ host: new ToyHost(), options })
    expect(made).toThrow(/G1\.gian: is not an option here\. Did you mean "gain"\?/)
    expect(made).toThrow(/embargo\.boundaries: must be a whole number from 1/)
    expect(made).toThrow(/alpha\.curve: must be "linear" or "cosine" or "sigmoid"/)
  })

  it("two sockets of one name", () => {
    expect(() => new GraftTable({ host: new ToyHost(["a", "a"]) })).toThrow(/"a" is there twice/)
  })
})

describe("a table that goes on from another's standing", () => {
  it("does what the other one would have done, from any boundary", () => {
    for (const at of [1, 8, 20, 31, 50, 70]) {
      const whole = new Farm()
      const first = new Farm()
      for (const farm of [whole, first]) {
        farm.plant("honest", "a")
        farm.plant("souring", "b")
        farm.epochs(at)
      }
      const standing = JSON.parse(JSON.stringify(first.table.standing))
      const second = new GraftTable({ host: first.host, standing })
      expect(second.boundary).toBe(whole.table.boundary)
      for (let i = 0; i < 60; i++) {
        whole.host.train()
        first.host.train()
        for (const table of [whole.table, second])
          for (const { slot, state, request } of table.lives)
            if (state === "probationary" && request === null)
              table.command(slot, { type: "fossilize", why: "ready" })
        expect(second.atBoundary(at + i).moves.map(({ slot, to }) => [slot, to])).toEqual(
          whole.table.atBoundary(at + i).moves.map(({ slot, to }) => [slot, to]),
        )
      }
      expect(Array.from(first.host.numbers)).toEqual(Array.from(whole.host.numbers))
    }
  })

  it("says which sockets an embargo closes, and for how long", () => {
    const farm = new Farm()
    farm.plant("honest")
    farm.epochs(4)
    farm.table.command("a", { type: "cull", why: "so" })
    farm.epochs(1)
    expect(farm.table.embargoes).toEqual([{ slot: "a", left: 5 }])
    expect(farm.epochs(3).table.embargoes).toEqual([{ slot: "a", left: 3 }])
    expect(farm.epochs(6).table.embargoes).toEqual([])
  })
})
