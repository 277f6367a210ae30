/** The check that keeps the quick transition from running on an XState it does not know. */
import { describe, expect, it } from "vitest"
import type { AnyStateMachine } from "xstate"
import { agrees } from "../../machines/quickCheck.ts"
import { quickTransition } from "../../machines/quickTransition.ts"

type Transition = AnyStateMachine["transition"]

/** XState as it would be if it did something else with one kind of event. */
const changedFor =
  (type: string, change: (quick: Transition, slow: Transition) => Transition) =>
  (machine: AnyStateMachine, slow: Transition): Transition => {
    const quick = quickTransition(machine, slow)
    const changed = change(quick, slow)
    return (snapshot, event, scope) => (event.type === type ? changed : quick)(snapshot, event, scope)
  }

describe("the check of the quick transition", () => {
  it("accepts the installed XState", () => {
    expect(agrees(quickTransition)).toBe(true)
  })

  it.each(["go", "more", "tell", "echo"])("refuses one that does nothing with %s", (type) => {
    expect(agrees(changedFor(type, () => (snapshot) => snapshot))).toBe(false)
  })

  it.each(["go", "more", "tell", "echo"])("refuses one that throws at %s", (type) => {
    const change = (): Transition => () => {
      throw new TypeError("scope.system._relay is not a function")
    }
    expect(agrees(changedFor(type, change))).toBe(false)
  })

  it("refuses one that does not notify inspectors", () => {
    const change =
      (quick: Transition): Transition =>
      (snapshot, event, scope) => {
        const system = { ...scope.system, _sendInspectionEvent: () => undefined }
        return quick(snapshot, event, { ...scope, system } as typeof scope)
      }
    expect(agrees(changedFor("more", change))).toBe(false)
  })
})
