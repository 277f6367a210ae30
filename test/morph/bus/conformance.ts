/** What every bus has to do: the suite that each adapter runs, whatever its transport and its clock. */
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Bus, BusMessage, BusOptions, Consumer, Delivery } from "../../../src/morph/bus/Bus.ts"
import { work } from "../../../src/morph/bus/work.ts"

/** A bus on empty lanes, and the way to let time pass for it. */
export interface BusRig {
  readonly bus: Bus
  readonly advance: (ms: number) => Promise<void>
  readonly dispose: () => Promise<void>
}

export type MakeBus = (options: BusOptions) => Promise<BusRig>

/** Small numbers, so that a rig whose time is real need not wait long. */
const OPTIONS: BusOptions = {
  conservativeAt: 20,
  calmAt: 5,
  dwellMs: 200,
  claimAfterMs: 100,
  attempts: 5,
  rememberMs: 60_000,
}

const message = (id: string, priority: BusMessage["priority"] = "critical"): BusMessage => ({
  id,
  type: "report",
  priority,
  payload: Uint8Array.of(id.length, 2, 3),
})

const idsOf = (deliveries: ReadonlyArray<Delivery>): ReadonlyArray<string> =>
  deliveries.map((one) => one.message.id)

export function busConformance(name: string, makeBus: MakeBus): void {
  describe(`a bus ${name}`, () => {
    let rig: BusRig
    beforeEach(async () => {
      rig = await makeBus(OPTIONS)
    })
    afterEach(() => rig.dispose())

    const fill = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++)
        expect(await rig.bus.publish("normal", message(`m${i}`))).toBe("accepted")
    }
    const drain = async (consumer: Consumer, most: number): Promise<number> =>
      (await work(consumer, most, () => {})).handled

    it("gives every group all messages of a lane, in order, with their bytes", async () => {
      const first = await rig.bus.subscribe("normal", "a", "a1")
      const bytes = Uint8Array.of(1, 2, 3)
      await rig.bus.publish("normal", {
        ...message("m0"),
        payload: bytes,
        attributes: { run: "7" },
      })
      bytes.fill(9)
      await fill(1, 3)
      const second = await rig.bus.subscribe("normal", "b", "b1")
      for (const consumer of [first, second]) {
        const taken = await consumer.take(10)
        expect(idsOf(taken)).toEqual(["m0", "m1", "m2"])
        expect(taken[0]).toMatchObject({ lane: "normal", attempt: 1 })
        expect(taken[0].message).toEqual({
          ...message("m0"),
          payload: Uint8Array.of(1, 2, 3),
          attributes: { run: "7" },
        })
      }
    })

    it("shares the messages of a group among its consumers, none twice", async () => {
      const one = await rig.bus.subscribe("normal", "a", "a1")
      const two = await rig.bus.subscribe("normal", "a", "a2")
      await fill(0, 6)
      const taken = [...(await one.take(2)), ...(await two.take(3)), ...(await one.take(9))]
      expect(idsOf(taken).toSorted()).toEqual(["m0", "m1", "m2", "m3", "m4", "m5"])
    })

    it("keeps lanes apart", async () => {
      await rig.bus.publish("emergency", message("m0"))
      const normal = await rig.bus.subscribe("normal", "a", "a1")
      expect(await normal.take(10)).toEqual([])
      expect(await rig.bus.publish("normal", message("m0"))).toBe("accepted")
    })

    it("says when there may be something to take", async () => {
      let calls = 0
      const arrival = new Promise<void>((resolve) => {
        const arrived = (): void => {
          calls++
          resolve()
        }
        void rig.bus.subscribe("normal", "a", "a1", arrived).then(() => fill(0, 1))
      })
      await arrival
      expect(calls).toBeGreaterThan(0)
    })

    it("drops a message whose id was published before, and counts it", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      expect(await rig.bus.publish("normal", message("m0"))).toBe("accepted")
      expect(await rig.bus.publish("normal", message("m0"))).toBe("duplicate")
      expect(await drain(consumer, 10)).toBe(1)
      expect(await rig.bus.publish("normal", message("m0"))).toBe("duplicate")
      expect(await consumer.take(10)).toEqual([])
      expect(await rig.bus.state("normal")).toMatchObject({ duplicates: 2 })
    })

    it("counts as depth what waits and what is pending, and nothing that is done", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      await fill(0, 4)
      expect(await rig.bus.depth("normal", "a")).toBe(4)
      const taken = await consumer.take(3)
      expect(await rig.bus.depth("normal", "a")).toBe(4)
      await consumer.done(taken[0])
      expect(await rig.bus.depth("normal", "a")).toBe(3)
      await consumer.retry(taken[1], "no")
      expect(await rig.bus.depth("normal", "a")).toBe(3)
      await consumer.done(taken[2])
      expect(await drain(consumer, 10)).toBe(2)
      expect(await rig.bus.depth("normal", "a")).toBe(0)
      expect(await rig.bus.state("normal")).toMatchObject({ depth: 0 })
    })

    it("lets another consumer claim what was not finished in time, and handles it", async () => {
      const slow = await rig.bus.subscribe("normal", "a", "a1")
      const quick = await rig.bus.subscribe("normal", "a", "a2")
      await fill(0, 2)
      const [kept] = await slow.take(1)
      await rig.advance(OPTIONS.claimAfterMs / 2)
      expect(idsOf(await quick.take(10))).toEqual(["m1"])
      await rig.advance(OPTIONS.claimAfterMs)
      const seen: Array<string> = []
      await work(quick, 10, (one) => void seen.push(`${one.message.id} ${one.attempt}`))
      expect(seen.toSorted()).toEqual(["m0 2", "m1 2"])
      expect(await rig.bus.depth("normal", "a")).toBe(0)
      expect(await slow.done(kept)).toBe(false)
      expect(await slow.retry(kept, "late")).toBe(false)
      expect(await quick.take(10)).toEqual([])
    })

    it("does not let the first holder finish what another one has claimed", async () => {
      const slow = await rig.bus.subscribe("normal", "a", "a1")
      const quick = await rig.bus.subscribe("normal", "a", "a2")
      await fill(0, 1)
      const [kept] = await slow.take(1)
      await rig.advance(OPTIONS.claimAfterMs)
      const [claimed] = await quick.take(1)
      expect(await slow.done(kept)).toBe(false)
      expect(await rig.bus.depth("normal", "a")).toBe(1)
      expect(await quick.done(claimed)).toBe(true)
    })

    it("gives a failed message back in one step: it is never lost and never there twice", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      await fill(0, 3)
      const [first] = await consumer.take(1)
      expect(await consumer.retry(first, "not now")).toBe(true)
      expect(await consumer.retry(first, "not now")).toBe(false)
      expect(await rig.bus.depth("normal", "a")).toBe(3)
      const taken = await consumer.take(10)
      expect(taken.map((one) => [one.message.id, one.attempt])).toEqual([
        ["m1", 1],
        ["m2", 1],
        ["m0", 2],
      ])
    })

    it("gives it back to the group that failed, and to no other", async () => {
      const failing = await rig.bus.subscribe("normal", "a", "a1")
      const well = await rig.bus.subscribe("normal", "b", "b1")
      await fill(0, 1)
      const [taken] = await failing.take(1)
      expect(await drain(well, 10)).toBe(1)
      await failing.retry(taken, "not now")
      expect(idsOf(await well.take(10))).toEqual([])
      expect(await rig.bus.depth("normal", "b")).toBe(0)
      expect(idsOf(await failing.take(10))).toEqual(["m0"])
    })

    it("gives up after five attempts and keeps the message with its story in the lane dead", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      const dead = await rig.bus.subscribe("dead", "undertaker", "u1")
      await fill(0, 2)
      const attempts: Array<number> = []
      for (let pass = 0; pass < 8; pass++)
        await work(consumer, 10, (one) => {
          if (one.message.id !== "m0") return
          attempts.push(one.attempt)
          throw new Error("cannot be read")
        })
      expect(attempts).toEqual([1, 2, 3, 4, 5])
      expect(await rig.bus.depth("normal", "a")).toBe(0)
      const buried = await dead.take(10)
      expect(idsOf(buried)).toEqual(["m0"])
      expect(buried[0].message.payload).toEqual(message("m0").payload)
      expect(buried[0].message.attributes).toMatchObject({
        lane: "normal",
        group: "a",
        why: "cannot be read",
      })
    })

    it("gives up on a message that no consumer lives to finish", async () => {
      await fill(0, 1)
      const attempts: Array<number> = []
      for (let i = 0; i < 7; i++) {
        const consumer = await rig.bus.subscribe("normal", "a", `a${i}`)
        for (const { attempt } of await consumer.take(10)) attempts.push(attempt)
        await consumer.stop()
        await rig.advance(OPTIONS.claimAfterMs)
      }
      expect(attempts).toEqual([1, 2, 3, 4, 5])
      expect(await rig.bus.depth("normal", "a")).toBe(0)
      const dead = await rig.bus.subscribe("dead", "undertaker", "u1")
      expect(idsOf(await dead.take(10))).toEqual(["m0"])
    })

    it("is conservative from one depth on, until it is calm and has dwelt", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      const isConservative = async (): Promise<boolean> => (await rig.bus.state("normal")).conservative
      await fill(0, 19)
      expect(await isConservative()).toBe(false)
      await fill(19, 20)
      expect(await isConservative()).toBe(true)
      await drain(consumer, 15)
      expect(await isConservative()).toBe(true)
      await rig.advance(OPTIONS.dwellMs)
      expect(await isConservative()).toBe(false)
      await fill(20, 35)
      expect(await isConservative()).toBe(true)
      await drain(consumer, 14)
      await rig.advance(OPTIONS.dwellMs)
      expect(await isConservative()).toBe(true)
      await drain(consumer, 1)
      expect(await isConservative()).toBe(false)
    })

    it("refuses by priority as a lane fills, counts it, and takes the same message later", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      let round = 0
      const refused = async (): Promise<ReadonlyArray<string>> => {
        const answers: Array<string> = []
        for (const priority of ["low", "normal", "high", "critical"] as const) {
          const answer = await rig.bus.publish("normal", message(`${priority} ${round}`, priority))
          if (answer !== "accepted") answers.push(`${answer} ${priority}`)
        }
        round++
        return answers
      }
      expect(await refused()).toEqual([])
      await fill(0, 16)
      expect(await refused()).toEqual(["shed low"])
      await fill(16, 24)
      expect(await refused()).toEqual(["shed low", "shed normal"])
      await fill(24, 32)
      expect(await refused()).toEqual(["shed low", "shed normal", "shed high"])
      await fill(32, 70)
      expect(await refused()).toEqual(["shed low", "shed normal", "shed high", "shed critical"])
      expect(await rig.bus.state("normal")).toMatchObject({ shed: 10 })
      await drain(consumer, 1000)
      // It is calm, but has not dwelt: of low priority nothing is taken yet.
      expect(await refused()).toEqual(["shed low"])
      await rig.advance(OPTIONS.dwellMs)
      expect(await rig.bus.publish("normal", message("low 1", "low"))).toBe("accepted")
    })

    it("trims what all groups have finished, and nothing that one still needs", async () => {
      const quick = await rig.bus.subscribe("normal", "a", "a1")
      const slow = await rig.bus.subscribe("normal", "b", "b1")
      await fill(0, 10)
      await drain(quick, 10)
      const [first, ...rest] = await slow.take(4)
      for (const one of rest) await slow.done(one)
      expect(await rig.bus.trim("normal")).toBe(0)
      await slow.done(first)
      expect(await rig.bus.trim("normal")).toBe(4)
      expect(await rig.bus.depth("normal", "b")).toBe(6)
      const seen: Array<string> = []
      await work(slow, 10, (one) => void seen.push(one.message.id))
      expect(seen).toEqual(["m4", "m5", "m6", "m7", "m8", "m9"])
      expect(await rig.bus.trim("normal")).toBe(6)
    })

    it("loses nothing and gives nothing twice to one group while consumers fail and die at random", async () => {
      const step = fc.oneof(
        fc.constant("publish" as const),
        fc.constant("work" as const),
        fc.constant("fail" as const),
        fc.constant("die" as const),
        fc.constant("trim" as const),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const { bus, advance, dispose } = await makeBus(OPTIONS)
          const published: Array<string> = []
          const handled: Array<string> = []
          const handle = (one: Delivery): void => void handled.push(one.message.id)
          let consumers = 0
          const newConsumer = (): Promise<Consumer> => bus.subscribe("normal", "a", `a${consumers++}`)
          let consumer = await newConsumer()
          for (const what of steps) {
            if (what === "publish") {
              const id = `m${published.length}`
              if ((await bus.publish("normal", message(id))) === "accepted") published.push(id)
            } else if (what === "work") await work(consumer, 2, handle)
            else if (what === "trim") await bus.trim("normal")
            else if (what === "fail")
              await work(consumer, 2, () => {
                throw new Error("not now")
              })
            else {
              await consumer.take(2)
              await consumer.stop()
              consumer = await newConsumer()
            }
          }
          await advance(OPTIONS.claimAfterMs)
          await work(consumer, 1000, handle)
          const dead = await bus.subscribe("dead", "undertaker", "u1")
          await work(dead, 1000, handle)
          expect(handled.toSorted()).toEqual(published.toSorted())
          expect(await bus.depth("normal", "a")).toBe(0)
          await dispose()
        }),
        { numRuns: 60 },
      )
    })

    it("takes and gives nothing once it is closed", async () => {
      const consumer = await rig.bus.subscribe("normal", "a", "a1")
      await fill(0, 1)
      await rig.bus.close()
      expect(await rig.bus.publish("normal", message("m1"))).toBe("closed")
      expect(await consumer.take(10)).toEqual([])
    })
  })
}
