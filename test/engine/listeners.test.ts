/** Callbacks of users: every failure is counted once, whenever it comes, and nobody else notices. */
import { describe, expect, it } from "vitest"
import { Listeners } from "../../src/engine/calls/Listeners.ts"
import { manual } from "./plant.ts"

it("counts listeners that throw or fail later, and calls the others", async () => {
  const listeners = new Listeners<number>()
  const seen: Array<number> = []
  const rejected = Promise.reject(new Error("later"))
  listeners.add(() => {
    throw new Error("at once")
  })
  listeners.add(() => rejected)
  listeners.add((value) => seen.push(value))
  listeners.notify(1)
  expect(listeners.failures).toBe(1)
  await expect(rejected).rejects.toThrow("later")
  expect(listeners.failures).toBe(2)
  expect(seen).toEqual([1])
})

it("calls every listener subscribed at the start, each subscription separately", () => {
  const listeners = new Listeners<number>()
  let calls = 0
  const again = (): void => {
    calls++
    if (listeners.size < 10) listeners.add(again)
  }
  const first = listeners.add(again)
  listeners.notify(1)
  expect(calls).toBe(1)
  listeners.notify(2)
  expect(calls).toBe(3)
  first.unsubscribe()
  first.unsubscribe()
  expect(listeners.size).toBe(3)
})

it("calls no listener that has unsubscribed, however recently", () => {
  const listeners = new Listeners<string>()
  const heard: Array<string> = []
  listeners.add(() => second.unsubscribe())
  const second = listeners.add((value) => heard.push(`second ${value}`))
  listeners.notify("a")
  expect(heard).toEqual([])

  const nested = new Listeners<string>()
  nested.add((value) => {
    if (value !== "running") return
    nested.notify("stopped")
    nested.clear()
  })
  nested.add((value) => heard.push(value))
  nested.notify("running")
  expect(heard).toEqual(["stopped"])
})

describe("a value that is not a listener", () => {
  it.each([undefined, null, 5, "next"])(
    "is refused when it is handed over, not when it would be called: %s",
    async (none) => {
      const engine = manual()
      const refused = "a listener is a function"
      expect(() => engine.subscribe(none as never)).toThrow(refused)
      expect(() => engine.audit.subscribe(none as never)).toThrow(refused)
      await engine.start()
      expect(engine.getSnapshot().counters.listenerFailures).toBe(0)
      await engine.stop()
    },
  )
})
