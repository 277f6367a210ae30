/**
 * The guard against the same rule written for reading, window by window: on plants that remember, storm, jump, burst and drift, with people
 * who intervene at any moment. Every number that the guard keeps is compared, so that no part of the rule changes unnoticed.
 */
import { describe, expect, it } from "vitest"
import { LINEAR, PERIODIC } from "../../src/hot/codes.ts"
import * as at from "../../src/hot/guardLayout.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { RunawayGuard } from "../../src/hot/RunawayGuard.ts"
import { GUARD_ACTS, GUARD_PHASES } from "../../src/domain/words.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { type Act, GuardReference } from "./guardReference.ts"

const table = new KnobTable([
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 0, max: 1, scale: PERIODIC, step: 0.01, maxStep: 0 },
])
const START = [0.5, 0.1]
const WINDOW_US = 500_000

/** By name: what the block says, and what the reference says. */
const NUMBERS: Readonly<Record<string, readonly [number, (guard: GuardReference) => number]>> = {
  windows: [at.G_WINDOWS, (r) => r.windows],
  seen: [at.G_SEEN, (r) => r.levels.length],
  reference: [at.G_REFERENCE, (r) => r.reference],
  startReference: [at.G_START_REFERENCE, (r) => r.startReference],
  world: [at.G_WORLD, (r) => r.world],
  acquitted: [at.G_ACQUITTED, (r) => r.acquitted],
  inVain: [at.G_IN_VAIN, (r) => r.inVain],
  lowest: [at.G_LOWEST, (r) => r.lowest],
  spread: [at.G_SPREAD, (r) => r.spread],
  noise: [at.G_NOISE, (r) => r.noise],
  threshold: [at.G_THRESHOLD, (r) => r.threshold],
  now: [at.G_NOW, (r) => r.now],
  over: [at.G_OVER, (r) => r.over],
  onset: [at.G_ONSET, (r) => r.onset],
  blames: [at.G_BLAMES, (r) => r.blames],
  blamedAt: [at.G_BLAMED_AT, (r) => r.blamedAt],
  blamed: [at.G_BLAMED, (r) => r.blamed],
  retreats: [at.G_RETREATS, (r) => r.retreats],
  worlds: [at.G_WORLDS, (r) => r.worlds],
  stay: [at.G_STAY, (r) => r.stay],
  stood: [at.G_STOOD, (r) => r.stood],
  block: [at.G_BLOCK, (r) => r.block],
  blockEnd: [at.G_BLOCK_END, (r) => r.blockEnd],
  level: [at.G_LEVEL, (r) => r.level],
  retreatLevel: [at.G_RETREAT_LEVEL, (r) => r.retreatLevel],
  baselineLevel: [at.G_BASELINE_LEVEL, (r) => r.baselineLevel],
  expected: [at.G_EXPECTED, (r) => r.expected],
  idle: [at.G_IDLE, (r) => r.idle],
  rose: [at.G_ROSE, (r) => r.rose],
  slope: [at.G_SLOPE, (r) => r.left.slope],
  slopeError: [at.G_SLOPE_ERROR, (r) => r.left.error],
  baselineSlope: [at.G_BASELINE_SLOPE, (r) => r.leftBaseline.slope],
  baselineSlopeError: [at.G_BASELINE_SLOPE_ERROR, (r) => r.leftBaseline.error],
  lookAgain: [at.G_LOOK_AGAIN, (r) => r.lookAgain],
  hold: [at.G_HOLD, (r) => r.holdFor],
  draining: [at.G_DRAINING, (r) => r.draining],
  drained: [at.G_DRAINED, (r) => r.drained],
  calm: [at.G_CALM, (r) => r.calm?.levels.length ?? 0],
  spellShare: [at.G_SPELL_SHARE, (r) => r.spellShare],
  spellLevel: [at.G_SPELL_LEVEL, (r) => r.spellLevel],
  spells: [at.G_SPELLS, (r) => r.spells],
  inSpell: [at.G_IN_SPELL, (r) => Number(r.inSpell)],
  bySpells: [at.G_BY_SPELLS, (r) => Number(r.bySpells)],
  above: [at.G_ABOVE, (r) => r.above],
  jumped: [at.G_JUMPED, (r) => Number(r.jumped)],
  probation: [at.G_PROBATION, (r) => r.probation],
  quiet: [at.G_QUIET, (r) => r.quiet],
  watched: [at.G_WATCHED, (r) => Number(r.watched)],
  sinceUs: [at.G_SINCE_US, (r) => r.sinceUs],
  lastUs: [at.G_LAST_US, (r) => r.lastUs],
  windowUs: [at.G_WINDOW_US, (r) => r.windowUs],
}
const ENTRIES = Object.entries(NUMBERS)
const VECTORS: ReadonlyArray<readonly [number, (guard: GuardReference) => ReadonlyArray<number>]> = [
  [at.GV_GOOD, (r) => r.good],
  [at.GV_FAR, (r) => r.far],
  [at.GV_TUNED, (r) => r.tuned],
  [at.GV_RESULT, (r) => r.result],
]

const near = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= 1e-7 * (1e-3 + Math.abs(a) + Math.abs(b))

/** A guard and its reference at the same plant. */
class Both {
  readonly guard: RunawayGuard
  readonly block: Float64Array
  readonly reference: GuardReference
  readonly acts: Array<string> = []
  base: Array<number> = [...START]
  baseline: Array<number> = [...START]
  stands: Array<number> | null = null
  window = 0
  private readonly vector = new Float64Array(2)

  constructor(retreats = true) {
    this.guard = new RunawayGuard(table, retreats)
    this.block = new Float64Array(this.guard.stateLength)
    this.guard.initial(this.block, Float64Array.from(START))
    this.reference = new GuardReference(table, START, retreats)
  }

  get place(): Array<number> {
    return this.stands ?? this.base
  }

  step(loss: number, stableUs: number): void {
    this.window++
    const { guard, block, reference, place, baseline } = this
    const nowUs = this.window * WINDOW_US + 1000 * (this.window % 7)
    guard.reading[0] = loss
    guard.reading[1] = nowUs
    const one = (x: ReadonlyArray<number>): Float64Array => Float64Array.from(x)
    const code = guard.take(block, one(place), one(baseline), one(START), stableUs)
    const act = reference.take(loss, nowUs, place, baseline, START, stableUs)
    this.agree(GUARD_ACTS[code], act)
    this.obey(act)
  }

  /** What a person or another rule does to both. */
  say(what: "pause" | "moves" | "rebaselined" | "holdHere" | "watchOver" | "restored" | "letGo"): void {
    const code = this.guard[what](this.block)
    const act = this.reference[what]()
    if (typeof code === "number" && typeof act === "string") {
      this.agree(GUARD_ACTS[code], act)
      this.obey(act)
    } else this.agree("nothing", "nothing")
    if (what === "watchOver" && this.reference.phase === "watching") this.stands = [...this.baseline]
    if (!this.reference.standsStill) this.stands = null
  }

  private agree(act: Act, expected: Act): void {
    const { block, reference } = this
    const shown: Array<string> = []
    if (act !== expected) shown.push(`act: ${act} for ${expected}`)
    const phase = GUARD_PHASES[block[at.G_PHASE]]
    if (phase !== reference.phase) shown.push(`phase: ${phase} for ${reference.phase}`)
    for (const [name, [slot, of]] of ENTRIES) {
      if (!near(block[slot], of(reference))) shown.push(`${name}: ${block[slot]} for ${of(reference)}`)
    }
    for (const [vector, of] of VECTORS) {
      at.readGuardVector(block, vector, this.vector)
      if (!of(reference).every((x, i) => near(x, this.vector[i])))
        shown.push(`vector ${vector}: ${this.vector.join()} for ${of(reference).join()}`)
    }
    if (shown.length > 0) throw new Error(`window ${this.window}, ${this.acts.join()}: ${shown.join("; ")}`)
  }

  private obey(act: Act): void {
    if (act === "nothing") return
    this.acts.push(act)
    const { reference } = this
    if (act === "retreat") this.stands = [...this.baseline]
    else if (act === "tryStart") this.stands = [...START]
    else if (act === "blameStart") this.baseline = this.stands = [...START]
    else if (act === "promote") this.baseline = [...reference.result]
    else if (act === "world") {
      this.base = [...reference.tuned]
      this.stands = null
    } else if (act === "release") {
      this.base = [...this.place]
      this.stands = null
    }
  }
}

const PEOPLE = ["pause", "moves", "rebaselined", "holdHere", "watchOver", "restored", "letGo"] as const
/** What makes a plant bad: how its level answers to where it stands and to time. */
const PLANTS = [
  "away",
  "backlog",
  "debt",
  "storm",
  "spells",
  "burst",
  "world",
  "ramp",
  "swing",
  "gross",
  "loaded",
  "fading",
  "relapse",
] as const

/**
 * A life of 700 windows, now and then of 1,600, at a plant drawn by the seed. In whole numbers without noise, levels meet thresholds, and
 * each other, exactly.
 */
function live(seed: number, whole = false): Both {
  const draw = (k: number): number => uniformAt(seed, 1_000_000 + k)
  const kind = PLANTS[seed % PLANTS.length]
  const both = new Both(draw(1) > 0.05)
  const noise = [0.02, 0.1, 0.5][Math.floor(3 * draw(3))]
  const [pace, height] = [0.05 + 3 * draw(4) ** 2, 5 + 60 * draw(5)]
  const begins = 45 + Math.floor(60 * draw(6))
  const earned = kind === "relapse" || draw(7) < 0.5
  const onlyStart = draw(8) < 0.5
  const busy = draw(9) < 0.4
  const stableUs = draw(10) < 0.2 ? 30_000_000 : 0
  let held = 0
  let storms = false
  const level = (): number => {
    const { place, window } = both
    const away = Math.abs(place[0] - START[0])
    const bad = place[0] > 0.7 || (onlyStart && away > 0.01)
    const late = window > begins
    const period = 6 + Math.floor(8 * draw(11))
    switch (kind) {
      case "away":
        return late ? 100 * away * (1 + pace) : 10 * away
      case "backlog":
        held = Math.max(0, held + (late && bad ? pace : -pace))
        return held + (late && !bad ? height * 0.3 : 0)
      case "debt":
        // It drains far slower than it grew, and standing elsewhere has a price of its own.
        held = Math.max(0, held + (late && bad ? pace : -pace / 8))
        return held + (place[0] === both.base[0] ? 0 : height * 0.2)
      case "storm":
        if (late && bad && !storms) storms = draw(window) < 0.3
        if (away === 0) held++
        if (held > 20 * draw(12)) storms = false
        return storms ? height : 0
      case "spells":
        return late && (bad || onlyStart) && window % period < 2 + 2 * draw(13) ? height : 0
      case "burst":
        return late && (window - begins) % 150 < 25 + 20 * draw(14) ? height + pace * (window % 150) : 0
      case "world":
        return window > begins && window < begins + 260 ? height : height * 0.05 * (draw(15) - 0.5)
      case "ramp":
        return late ? pace * (window - begins) * (bad ? 1 : draw(16)) : 0
      case "loaded":
        // A load that stays, and a backlog on top of it.
        held = Math.max(0, held + (late && window % 300 > 150 && bad ? pace : -pace))
        return held + (window > begins ? height / 2 : 0)
      case "fading":
        // Grown as far as it can, and slow to go, on the start alone.
        held = late && away > 0 ? height : held * (0.95 + 0.04 * draw(19))
        return held
      case "relapse":
        // Where the plant came to rest it is well for a while, and then gets worse than it ever was.
        held = both.stands === null || away === 0 ? 0 : held + 1
        return held > 6 ? 2 * height + pace * held : late && bad && held === 0 ? height : 0
      case "swing":
        return height * (1 + Math.sin(window / (10 + 60 * draw(17))))
      default:
        return late && bad ? height * 1.7 ** Math.min(18, (window - begins) / (1 + 8 * draw(18))) : 0
    }
  }
  for (let k = 0; k < (seed % 7 === 0 ? 1600 : 700); k++) {
    if (k === 30 && earned) {
      both.base = [0.5 + 0.1 * draw(20), 0.95]
      both.baseline = [...both.base]
      both.say("rebaselined")
    }
    if (both.stands === null && k % 4 === 0) {
      const goal = k > begins - 10 ? 0.8 + 0.15 * draw(21) : both.base[0]
      both.base = [both.base[0] + 0.25 * (goal - both.base[0]), (both.base[1] + 0.02 * draw(k + 22)) % 1]
    }
    if (busy && draw(1000 + k) < 0.02) both.say(PEOPLE[Math.floor(PEOPLE.length * draw(2000 + k))])
    const read = 10 + level() + (whole ? 0 : noise * gaussianAt(seed, k))
    both.step(whole ? Math.round(read) : read, stableUs)
  }
  return both
}

/** Stays that are better than the baseline by about as much as can be told from noise, at rest or on their way, near one place or not. */
function calmLife(seed: number): Both {
  const both = new Both()
  const draw = (k: number): number => uniformAt(seed, 3_000_000 + k)
  let [gain, drift, wander] = [0, 0, 0]
  for (let k = 0; k < 600; k++) {
    if (k % 40 === 4) {
      gain = 0.15 * (draw(k) - 0.3)
      drift = draw(k + 1) < 0.5 ? 0 : 0.006 * (draw(k + 1) - 0.75)
      wander = draw(k + 2) < 0.7 ? 0.01 : 0.2
    }
    both.base = [0.6 + wander * (draw(k + 3) - 0.5), (both.base[1] + 0.001) % 1]
    const { windows, reference } = both.reference
    const level = reference - gain + drift * (k % 40) + 0.1 * gaussianAt(seed, k)
    both.step(windows < 4 ? 10 : level, draw(0) < 0.3 ? 30_000_000 : 0)
  }
  return both
}

describe("the runaway guard and its reference rule", () => {
  it("agree on every window and keep the same state, whatever happens", () => {
    const acts = new Set<string>()
    for (let seed = 0; seed < 104; seed++) for (const act of live(seed).acts) acts.add(act)
    expect([...acts].toSorted()).toEqual(GUARD_ACTS.filter((act) => act !== "nothing").toSorted())
  })

  it("agree if a stay is barely better than the baseline, so that some earn it and some do not", () => {
    let promoted = 0
    for (let seed = 0; seed < 40; seed++)
      promoted += calmLife(seed).acts.filter((act) => act === "promote").length
    expect(promoted).toBeGreaterThan(40)
  })

  it("agree if levels are whole numbers, so that some equal their thresholds", () => {
    const acts = new Set<string>()
    for (let seed = 0; seed < 156; seed++) for (const act of live(seed, true).acts) acts.add(act)
    expect(acts.size).toBeGreaterThan(5)
  })
})
