/** Callbacks of users: every failure is counted once, whenever it comes, and nobody else notices. */
import { expect, it } from "vitest"
import { Listeners } from "../../src/runtime/Listeners.ts"

it("counts what throws and what fails later, and calls the others", async () => {
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

it("calls those who were there when it began, each subscription by itself", () => {
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
