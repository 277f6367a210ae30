/** The runaway guard as a statechart: its walk through every state, who hears what, and that it goes on from a text of itself. */
import { type Actor, type AnyActorRef, createActor, fromCallback, type Snapshot } from "xstate"
import { describe, expect, it } from "vitest"
import { G_PHASE, GV_TUNED, readGuardVector } from "../../src/hot/guardLayout.ts"
import { GUARD_PHASES } from "../../src/domain/words.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { type GuardActedEvent, type RunawayEvent, runawayMachine } from "../../machines/runaway.machine.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { windowOf } from "./windowOf.ts"

const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
const START = Float64Array.of(0.5)

/** A guard at a plant whose level is a function of where it stands, driven as the engine does. */
class Watched {
  readonly actor: Actor<typeof runawayMachine>
  readonly acts: Array<GuardActedEvent["act"]> = []
  base = 0.5
  baseline = START[0]
  cycle: AnyActorRef | null = null
  private place: number | null = null
  window = 0

  constructor(actor = createActor(runawayMachine, { input: { table, retreats: true } })) {
    this.actor = actor
    actor.on("guardActed", (event) => this.obey(event))
    actor.start()
  }

  /** The same plant at the same moment under another guard. */
  continuedBy(actor: Actor<typeof runawayMachine>): Watched {
    const other = new Watched(actor)
    other.base = this.base
    other.baseline = this.baseline
    other.place = this.place
    other.window = this.window
    other.acts.push(...this.acts)
    return other
  }

  get state(): string {
    const { value } = this.actor.getSnapshot()
    return typeof value === "string" ? value : Object.values(value).join("")
  }

  run(windows: number, level: (place: number) => number): this {
    for (let i = 0; i < windows; i++) {
      const at = this.place ?? this.base
      const loss = level(at) + 0.1 * gaussianAt(1, this.window)
      this.actor.send({
        type: "judge",
        window: windowOf(1, loss),
        nowUs: (this.window + 1) * 500_000,
        place: {
          base: Float64Array.of(at),
          baseline: Float64Array.of(this.baseline),
          start: START,
          stableUs: 0,
        },
        cycle: this.cycle,
      })
      this.window++
      this.expectOneStory()
    }
    return this
  }

  /** What the chart shows is what the guard does. */
  expectOneStory(): void {
    const { block } = this.actor.getSnapshot().context
    expect(this.state).toBe(GUARD_PHASES[block[G_PHASE]])
  }

  /** Until it is in this state, at most so many windows. */
  until(state: string, level: (place: number) => number, windows = 200): this {
    for (let i = 0; i < windows && this.state !== state; i++) this.run(1, level)
    expect(this.state).toBe(state)
    return this
  }

  private obey({ act, block }: GuardActedEvent): void {
    this.acts.push(act)
    if (act === "retreat") this.place = this.baseline
    if (act === "tryStart") this.place = START[0]
    if (act === "blameStart") this.baseline = START[0]
    if (act === "release") {
      this.base = this.place ?? this.base
      this.place = null
    }
    if (act === "world") {
      const tuned = new Float64Array(1)
      readGuardVector(block, GV_TUNED, tuned)
      this.base = tuned[0]
      this.place = null
    }
  }
}

const worseAway = (place: number): number => 10 + 100 * Math.abs(place - 0.5)
const worseEverywhere = (): number => 60

/** How each state is reached from a fresh guard. */
const ways: Readonly<Record<string, () => Watched>> = {
  learning: () => new Watched(),
  calm: () => new Watched().until("calm", worseAway),
  suspicious: () => {
    const at = ways["calm"]().run(20, worseAway)
    at.base = 0.8
    return at.until("suspicious", worseAway)
  },
  onBaseline: () => ways["suspicious"]().until("onBaseline", worseAway),
  holding: () => ways["onBaseline"]().until("holding", worseAway),
  watching: () => {
    const at = ways["calm"]().run(20, worseAway)
    at.actor.send({ type: "watchOver" })
    expect(at.state).toBe("watching")
    return at
  },
}

describe("the guard's chart", () => {
  it("walks from suspicion over the baseline and the hold back to calm", () => {
    const at = ways["holding"]().until("calm", worseAway)
    expect(at.acts).toEqual(["retreat", "blame", "release"])
  })

  it("returns to the tuned base when nothing helps", () => {
    const at = ways["calm"]().run(20, worseAway)
    at.base = 0.7
    at.until("onBaseline", worseEverywhere).until("calm", worseEverywhere)
    expect(at.acts).toEqual(["retreat", "world"])
    expect(at.base).toBe(0.7)
  })

  const answers: Readonly<Record<string, Readonly<Record<RunawayEvent["type"], string>>>> = {
    learning: {
      judge: "learning",
      pause: "learning",
      moves: "learning",
      watchOver: "learning",
      rebaselined: "learning",
      rolledBack: "learning",
      letGo: "learning",
    },
    calm: {
      judge: "calm",
      pause: "calm",
      moves: "calm",
      watchOver: "watching",
      rebaselined: "calm",
      rolledBack: "calm",
      letGo: "calm",
    },
    suspicious: {
      judge: "suspicious",
      pause: "calm",
      moves: "suspicious",
      watchOver: "suspicious",
      rebaselined: "calm",
      rolledBack: "suspicious",
      letGo: "suspicious",
    },
    onBaseline: {
      judge: "onBaseline",
      pause: "calm",
      moves: "onBaseline",
      watchOver: "onBaseline",
      rebaselined: "holding",
      rolledBack: "holding",
      letGo: "calm",
    },
    holding: {
      judge: "holding",
      pause: "calm",
      moves: "holding",
      watchOver: "holding",
      rebaselined: "holding",
      rolledBack: "holding",
      letGo: "calm",
    },
    watching: {
      judge: "watching",
      pause: "calm",
      moves: "watching",
      watchOver: "watching",
      rebaselined: "holding",
      rolledBack: "watching",
      letGo: "calm",
    },
  }
  const others: ReadonlyArray<RunawayEvent> = [
    { type: "pause" },
    { type: "moves" },
    { type: "watchOver" },
    { type: "rebaselined" },
    { type: "rolledBack" },
    { type: "letGo", nowUs: 1e9 },
  ]

  it.each(Object.keys(ways))("answers every event in the state %s, and goes on from there", (state) => {
    for (const event of others) {
      const at = ways[state]()
      at.actor.send(event)
      expect([event.type, at.state]).toEqual([event.type, answers[state][event.type]])
      at.base = 0.5
      // A stay that it only watches ends when others end it.
      if (at.state === "watching") at.actor.send({ type: "pause" })
      at.until("calm", worseAway)
    }
  })

  // Root cause: a retreat from spells comes out of calm, and a rest that fails leads to the start; the chart had no such arrows, stayed in
  // calm or holding, and ignored a person who let the plant go on or rolled it back.
  it("is on trial after a retreat for spells, and releases on a person's reset", () => {
    const jumping = (): number => (at.window % 7 < 3 ? 40 : 10)
    const at: Watched = ways["calm"]().run(35, () => 10)
    at.base = 0.8
    at.until("onBaseline", jumping)
    at.actor.send({ type: "letGo", nowUs: 1e9 })
    expect([at.state, at.acts]).toEqual(["calm", ["retreat", "world"]])
  })

  it("is on the start when a rest on the baseline fails, and rests where a person rolls back", () => {
    const at = ways["calm"]().run(35, () => 10)
    at.baseline = 0.6
    at.base = 0.8
    at.until("holding", (place) => (place === 0.8 ? 40 : 10))
    const from = at.window
    at.until("onStart", (place) => (place === 0.6 ? 60 + 2 * (at.window - from) : 10))
    expect(at.acts).toEqual(["retreat", "blame", "tryStart"])
    at.actor.send({ type: "rolledBack" })
    expect(at.state).toBe("holding")
  })

  it("passes ordinary windows to the cycle, and keeps the one that led to a retreat", () => {
    const given: Array<string> = []
    const cycle = createActor(fromCallback(({ receive }) => receive((event) => given.push(event.type))))
    cycle.start()
    const at = ways["suspicious"]()
    at.cycle = cycle
    const before = at.window
    at.until("onBaseline", worseAway)
    expect(given).toHaveLength(at.window - before - 1)
  })

  it("continues from its JSON in any state", () => {
    for (const state of Object.keys(ways)) {
      const at = ways[state]()
      const text = JSON.stringify(at.actor.getPersistedSnapshot())
      expect(text.length).toBeLessThan(8_000)
      const snapshot = JSON.parse(text) as Snapshot<unknown>
      const again = at.continuedBy(
        createActor(runawayMachine, { input: { table, retreats: true }, snapshot }),
      )
      expect(again.state).toBe(state)
      const level = state === "learning" || state === "calm" ? worseEverywhere : worseAway
      at.run(60, level)
      again.run(60, level)
      expect([again.state, again.acts]).toEqual([at.state, at.acts])
    }
  })
})
