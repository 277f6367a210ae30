import { createActor, type InspectionEvent } from "xstate"
import { describe, expect, it } from "vitest"
import { engineMachine } from "../../machines/engine.machine.ts"
import { hotPath, quadratic } from "./rig.ts"

function inspected(digests: number) {
  const hot = hotPath()
  const seen: Array<InspectionEvent> = []
  const engine = createActor(engineMachine, {
    input: { hot, seed: 42 },
    inspect: (event) => seen.push(event),
  })
  engine.start()
  engine.send({ type: "start", nowUs: 0 })
  const before = seen.length
  for (let i = 1; i <= digests; i++) {
    hot.observeObject({ objective: quadratic(hot, i), timestampUs: i * 20_000 })
  }
  return { engine, hot, seen, during: seen.slice(before) }
}

const name = (ref: object): string => String(Reflect.get(ref, "id"))

/** Who sent what to whom, in order, as an inspector draws it. */
const conversation = (events: ReadonlyArray<InspectionEvent>): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event.type === "@xstate.event" && !event.event.type.startsWith("xstate.")
      ? [
          `${event.sourceRef === undefined ? "outside" : name(event.sourceRef)} -> ${name(event.actorRef)}: ${event.event.type}`,
        ]
      : [],
  )

describe("an inspector sees", () => {
  it("every actor of an engine", () => {
    const { seen } = inspected(0)
    const actors = seen.flatMap((event) => (event.type === "@xstate.actor" ? [name(event.actorRef)] : []))
    expect(actors.slice(1).sort()).toEqual(["cycle", "guard", "hotPath", "latch", "telemetry"])
  })

  it("a window as few events, each with its sender", () => {
    const { during, engine } = inspected(5)
    expect(conversation(during)).toEqual([
      `telemetry -> ${engine.id}: window`,
      `${engine.id} -> guard: judge`,
      "guard -> cycle: window",
      "cycle -> hotPath: proposal",
      "hotPath -> cycle: applied",
    ])
  })

  it("no event for a digest that completes nothing", () => {
    const { during } = inspected(4)
    expect(during).toEqual([])
  })

  it("arrows that end at known actors", () => {
    const { seen } = inspected(200)
    const known = new Set(
      seen.flatMap((event) => (event.type === "@xstate.actor" ? [event.actorRef.sessionId] : [])),
    )
    for (const event of seen) {
      if (event.type !== "@xstate.event") continue
      expect(known).toContain(event.actorRef.sessionId)
      if (event.sourceRef !== undefined) expect(known).toContain(event.sourceRef.sessionId)
    }
  })

  it("snapshots that it can write as JSON", () => {
    const { seen } = inspected(50)
    for (const event of seen) {
      if (event.type !== "@xstate.snapshot") continue
      expect(() => JSON.stringify(event.snapshot)).not.toThrow()
    }
  })
})
