/** The meta level as an actor: what each event leads to in each state, and that its snapshot is data. */
import { createActor } from "xstate"
import { describe, expect, it } from "vitest"
import { metaMachine } from "../../machines/meta.machine.ts"
import type { MetaMovedEvent } from "../../machines/metaContext.ts"
import { normal, uniform } from "../meta/plant.ts"

const OPTIONS = { depth: 1, scalars: [{ name: "gain", start: 1 }], presets: [{ block: 4, step: 2 }] }

function rig(snapshot?: ReturnType<typeof JSON.parse>) {
  const input = { options: OPTIONS }
  const actor = createActor(metaMachine, snapshot === undefined ? { input } : { input, snapshot })
  const moves: Array<MetaMovedEvent> = []
  actor.on("metaMoved", (event) => void moves.push(event))
  actor.start()
  let nowUs = 0
  const score = (score: number, mayMove = true): void =>
    actor.send({ type: "scored", score, mayMove, nowUs: ++nowUs })
  const tell = (type: "rolledBack" | "safeModeOpened" | "safeModeClosed" | "killed"): void =>
    actor.send({ type, nowUs: ++nowUs })
  const state = () => actor.getSnapshot().value
  return { actor, moves, score, tell, state, gain: () => actor.getSnapshot().context.values[0] }
}

/** Two blocks, after which a change is on trial. */
function trying() {
  const it = rig()
  for (const score of [1, 2, 1, 2, 1, 2, 1, 2]) it.score(score)
  expect([it.state(), it.gain()]).toEqual(["trying", 2])
  return it
}

describe("the meta actor", () => {
  it("watches a block, asks for a change at the end of the next, and tries it on the one after", () => {
    const it = trying()
    expect(it.moves.map(({ move }) => move.what)).toEqual(["asked"])
    for (const score of [1, 2, 1, 2]) it.score(score)
    expect([it.state(), it.gain()]).toEqual(["watching", 1])
    expect(it.moves.map(({ move }) => move.what)).toEqual(["asked", "takenBack"])
  })

  it("changes nothing where it may not", () => {
    const it = rig()
    for (let i = 0; i < 40; i++) it.score(1 + (i % 2), false)
    expect(it.gain()).toBe(1)
    expect(it.moves.map(({ move }) => move.what)).not.toContain("asked")
  })

  it.each(["rolledBack", "safeModeOpened"] as const)(
    "takes the change on trial back when it hears %s",
    (type) => {
      const it = trying()
      it.tell(type)
      expect(it.gain()).toBe(1)
      expect(it.moves.at(-1)?.move).toMatchObject({ what: "rolledBack", from: 2, to: 1 })
      expect(it.state()).toBe(type === "rolledBack" ? "watching" : "paused")
    },
  )

  it("is stopped for good in any state, with the gain that it began with", () => {
    for (const type of [null, "rolledBack", "safeModeOpened"] as const) {
      const it = trying()
      if (type !== null) it.tell(type)
      it.tell("killed")
      expect([it.state(), it.gain()]).toEqual(["stopped", 1])
      expect(it.moves.at(-1)?.move.what).toBe("killed")
      const { length } = it.moves
      for (const more of ["safeModeOpened", "safeModeClosed", "rolledBack", "killed"] as const) it.tell(more)
      for (let i = 0; i < 40; i++) it.score(i % 2)
      expect([it.state(), it.gain(), it.moves.length]).toEqual(["stopped", 1, length])
    }
  })

  it("hears nothing while SafeMode is open, and begins anew after it", () => {
    const it = trying()
    it.tell("safeModeOpened")
    const { length } = it.moves
    for (let i = 0; i < 40; i++) it.score(i)
    it.tell("rolledBack")
    expect([it.state(), it.moves.length]).toEqual(["paused", length])
    it.tell("safeModeClosed")
    expect(it.state()).toBe("watching")
    for (let i = 0; i < 4; i++) it.score(5)
    expect(it.state()).toBe("watching")
    for (let i = 0; i < 4; i++) it.score(5)
    expect(it.state()).toBe("trying")
  })

  it("freezes where changes help no more, and wakes when the scores rise", () => {
    const it = rig()
    const noise = normal.bind(null, uniform(3))
    for (let i = 0; i < 800; i++) it.score(noise())
    expect(it.state()).toBe("frozen")
    for (let i = 0; i < 200 && it.state() === "frozen"; i++) it.score(noise() + i)
    expect(it.state()).toBe("trying")
  })

  it("goes on from its snapshot, through JSON, as if nothing had happened", () => {
    const noise = normal.bind(null, uniform(7))
    const scores = Array.from({ length: 400 }, (_, i) => noise() + Math.sin(i / 60))
    for (const at of [0, 3, 9, 50, 173]) {
      const whole = rig()
      scores.forEach((score) => whole.score(score))
      const first = rig()
      scores.slice(0, at).forEach((score) => first.score(score))
      const second = rig(JSON.parse(JSON.stringify(first.actor.getPersistedSnapshot())))
      scores.slice(at).forEach((score) => second.score(score))
      expect([second.state(), second.gain()]).toEqual([whole.state(), whole.gain()])
      const done = [...first.moves, ...second.moves].map(({ move }) => move)
      expect(done).toEqual(whole.moves.map(({ move }) => move))
    }
  })
})
