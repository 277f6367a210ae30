import { take } from "rxjs"
import { describe, expect, it } from "vitest"
import { assign, createActor, type Snapshot, setup } from "xstate"
import { type SnapshotSource, snapshotsOf } from "../../src/telemetry/snapshotsOf.ts"

type Add = { readonly type: "add" } | { readonly type: "fail" } | { readonly type: "finish" }

const counter = setup({
  types: { context: {} as { readonly count: number }, events: {} as Add },
}).createMachine({
  context: { count: 0 },
  initial: "counting",
  states: {
    counting: {
      on: {
        add: { actions: assign(({ context }) => ({ count: context.count + 1 })) },
        fail: {
          actions: () => {
            throw new Error("broken")
          },
        },
        finish: "finished",
      },
    },
    finished: { type: "final" },
  },
})

/** Counts who listens, so that a leak shows. */
function watched<S extends Snapshot<unknown>>(actor: SnapshotSource<S>) {
  const listeners = { count: 0 }
  const source: SnapshotSource<S> = {
    getSnapshot: () => actor.getSnapshot(),
    subscribe: (...args: Array<never>) => {
      listeners.count++
      const subscription = Reflect.apply(actor.subscribe, actor, args) as { unsubscribe: () => void }
      return {
        unsubscribe: () => {
          listeners.count--
          subscription.unsubscribe()
        },
      }
    },
  }
  return { source, listeners }
}

function started() {
  const actor = createActor(counter)
  actor.subscribe({ error: () => {} })
  return actor.start()
}

describe("snapshotsOf", () => {
  it("emits the current snapshot and every change, and stops when unsubscribed", () => {
    const actor = started()
    const { source, listeners } = watched(actor)
    const seen: Array<number> = []
    const subscription = snapshotsOf(source).subscribe((snapshot) => seen.push(snapshot.context.count))
    actor.send({ type: "add" })
    expect([listeners.count, seen]).toEqual([1, [0, 1]])
    subscription.unsubscribe()
    actor.send({ type: "add" })
    expect([listeners.count, seen, actor.getSnapshot().context.count]).toEqual([0, [0, 1], 2])
  })

  it("does not subscribe for somebody who leaves after the first", () => {
    const { source, listeners } = watched(started())
    const seen: Array<string> = []
    snapshotsOf(source)
      .pipe(take(1))
      .subscribe({ next: () => seen.push("next"), complete: () => seen.push("complete") })
    expect([listeners.count, seen]).toEqual([0, ["next", "complete"]])
  })

  it("gives a late subscriber the current snapshot, or a stopped actor's last one", () => {
    const actor = started()
    actor.send({ type: "add" })
    actor.stop()
    const seen: Array<unknown> = []
    snapshotsOf(actor).subscribe({
      next: (snapshot) => seen.push(snapshot.context.count),
      complete: () => seen.push("complete"),
    })
    expect(seen).toEqual([1, "complete"])
  })

  it("completes when the actor stops or is done, before and after a subscription", () => {
    for (const end of ["stop", "finish"] as const) {
      const actor = started()
      const seen: Array<string> = []
      const listen = () => snapshotsOf(actor).subscribe({ complete: () => seen.push("complete") })
      listen()
      if (end === "stop") actor.stop()
      else actor.send({ type: "finish" })
      listen()
      expect(seen).toEqual(["complete", "complete"])
    }
  })

  it("fails with the actor's error, while it runs and afterwards", () => {
    const actor = started()
    const seen: Array<unknown> = []
    const listen = () => snapshotsOf(actor).subscribe({ error: (error) => seen.push(String(error)) })
    listen()
    actor.send({ type: "fail" })
    listen()
    expect(seen).toEqual(["Error: broken", "Error: broken"])
  })

  it("loses nothing if a subscriber sends an event during its first notification", () => {
    const actor = started()
    const seen: Array<number> = []
    snapshotsOf(actor).subscribe((snapshot) => {
      seen.push(snapshot.context.count)
      if (snapshot.context.count < 3) actor.send({ type: "add" })
    })
    actor.send({ type: "add" })
    expect(seen).toEqual([0, 1, 2, 3, 4])
  })
})
