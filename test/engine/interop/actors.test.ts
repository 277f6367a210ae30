/** Actors and Observables across the borders of their libraries. */
import { assert, describe, it } from "vitest"
import { defer, NEVER, of, Subject } from "rxjs"
import { createActor, createMachine } from "xstate"
import { completeWhen } from "../../../src/engine/interop/completeWhen.ts"
import { observableLogic } from "../../../src/engine/interop/observableLogic.ts"
import { createRootActor } from "../../../src/engine/interop/rootActor.ts"

const machine = createMachine({
  initial: "on",
  output: 42,
  states: {
    on: {
      on: {
        end: "off",
        break: {
          actions: () => {
            throw new Error("broken")
          },
        },
      },
    },
    off: { type: "final" },
  },
})

describe("a root actor", () => {
  it("reports its error only to its owner", () => {
    const heard: Array<unknown> = []
    const actor = createRootActor(machine, {}, (error) => heard.push(error)).start()
    actor.send({ type: "break" })
    assert.strictEqual(actor.getSnapshot().status, "error")
    assert.lengthOf(heard, 1)
    assert.include(String(heard[0]), "broken")
  })
})

describe("an Observable as an actor", () => {
  it("sends its parent one event per value, and ends with the parent", () => {
    const source = new Subject<number>()
    const heard: Array<unknown> = []
    const logic = observableLogic(source, (value) => (value % 2 === 0 ? { type: "even", value } : null))
    const parent = createActor(
      createMachine({
        invoke: { src: logic },
        on: { "*": { actions: ({ event }) => void heard.push(event) } },
      }),
    ).start()
    for (const value of [1, 2, 3, 4]) source.next(value)
    assert.deepStrictEqual(heard, [
      { type: "even", value: 2 },
      { type: "even", value: 4 },
    ])
    parent.stop()
    assert.isFalse(source.observed)
  })
})

describe("an Observable that ends on a signal", () => {
  it("mirrors its source until then, and unsubscribes", () => {
    const source = new Subject<number>()
    let end = (): void => {}
    let released = 0
    const seen: Array<number | string> = []
    completeWhen(source, (done) => {
      end = done
      return { unsubscribe: () => void released++ }
    }).subscribe({ next: (value) => seen.push(value), complete: () => seen.push("end") })
    source.next(1)
    end()
    source.next(2)
    assert.deepStrictEqual(seen, [1, "end"])
    assert.isFalse(source.observed)
    assert.strictEqual(released, 1)
  })

  it("is empty if the signal comes first, and ends with its source", () => {
    const seen: Array<string> = []
    const nobody = { unsubscribe: () => {} }
    let subscribed = 0
    const counted = defer(() => {
      subscribed++
      return NEVER
    })
    completeWhen(counted, (done) => {
      done()
      return nobody
    }).subscribe({ complete: () => seen.push("told") })
    assert.strictEqual(subscribed, 0)
    completeWhen(of(1), () => nobody).subscribe({ complete: () => seen.push("source") })
    assert.deepStrictEqual(seen, ["told", "source"])
  })
})
