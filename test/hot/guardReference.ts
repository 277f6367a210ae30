/**
 * The rule of the runaway guard once more, written for reading: lists instead of rings, names instead of slots, no scratch. Where the two
 * differ, one of them does not follow docs/explanation/safe-against-being-wrong.md. Used by `RunawayGuard.reference.test.ts`.
 */
import type { KnobTable } from "../../src/hot/KnobTable.ts"

export type Phase = "learning" | "calm" | "suspicious" | "onBaseline" | "onStart" | "holding" | "watching"
export type Act =
  | "nothing"
  | "retreat"
  | "tryStart"
  | "blame"
  | "blameStart"
  | "world"
  | "release"
  | "promote"
type Place = ReadonlyArray<number>

interface Line {
  readonly slope: number
  readonly error: number
  readonly deviation: number
}
const NO_LINE: Line = { slope: 0, error: Number.POSITIVE_INFINITY, deviation: 0 }

export function median(values: ReadonlyArray<number>): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** The straight line through values one window apart. */
function lineThrough(values: ReadonlyArray<number>): Line {
  const n = values.length
  if (n < 3) return NO_LINE
  const meanX = (n - 1) / 2
  const meanY = values.reduce((a, b) => a + b) / n
  const spread = values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0)
  const slope = values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0) / spread
  const left = values.reduce((sum, y, x) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  const deviation = Math.sqrt(left / (n - 2))
  return { slope, error: deviation / Math.sqrt(spread), deviation }
}

const rises = ({ slope, error }: Line): boolean => slope > 3 * error
const falls = ({ slope, error }: Line): boolean => slope < -3 * error
const isLess = (here: Line, before: Line): boolean =>
  here.slope - before.slope < -3 * Math.hypot(here.error, before.error)

const BLOCKS = [3, 3, 6, 12, 24]
const blockLength = (block: number): number => BLOCKS[Math.min(block, 4)]
const same = (a: Place, b: Place): boolean => a.every((x, i) => x === b[i])
/** The doubles of the rule remember fifty levels. */
const RING = 50

export class GuardReference {
  phase: Phase = "learning"
  windows = 0
  levels: Array<number> = []
  /** Differences of neighbours of one side, the last 32. */
  differences: Array<number> = []
  reference = 0
  startReference = 0
  world = 0
  acquitted = 0
  inVain = 0
  lowest = 0
  spread = 0
  noise = 0
  threshold = 0
  now = 0
  over = 0
  onset = 0
  blames = 0
  blamedAt = 0
  stay = 0
  block = 0
  blockEnd = 0
  level = 0
  retreatLevel = 0
  baselineLevel = 0
  expected = 0
  idle = 0
  rose = 0
  left: Line = { slope: 0, error: 0, deviation: 0 }
  leftBaseline: Line = { slope: 0, error: 0, deviation: 0 }
  lookAgain = 0
  holdFor = 0
  draining = 0
  drained = 0
  retreats = 0
  blamed = 0
  worlds = 0
  jumped = false
  bySpells = false
  spellShare = 0
  spellLevel = 0
  spells = 0
  inSpell = false
  above = 0
  probation = 0
  quiet = 0
  stood = 0
  watched = false
  sinceUs = 0
  lastUs = 0
  windowUs = 0
  calm: { base: Place; sinceUs: number; levels: Array<number>; way: Array<number> } | null = null
  good: Place
  far: Place
  tuned: Place
  result: Place
  private readonly table: KnobTable
  private readonly mayRetreat: boolean

  constructor(table: KnobTable, at: Place, mayRetreat: boolean) {
    this.table = table
    this.mayRetreat = mayRetreat
    this.good = this.far = this.tuned = at
    this.result = at.map(() => 0)
  }

  take(loss: number, nowUs: number, base: Place, baseline: Place, start: Place, stableUs: number): Act {
    if (!Number.isFinite(loss)) return "nothing"
    const took = nowUs - this.lastUs
    if (this.windows > 0 && took >= 0)
      this.windowUs += (this.windows < 20 ? 1 / this.windows : 0.05) * (took - this.windowUs)
    this.lastUs = nowUs
    this.windows++
    this.levels.push(loss)
    // Everything that was acquitted halves in 300 windows.
    const fade = 0.5 ** (1 / 300)
    this.world *= fade
    this.acquitted *= fade
    this.inVain *= fade
    switch (this.phase) {
      case "learning":
        return this.learn(base)
      case "calm":
      case "suspicious":
        return this.watchTuned(base, stableUs)
      case "holding":
        return this.holdOn(baseline, start)
      case "watching":
        return this.watchStay(base, start)
      default:
        return this.onTrial(baseline, start)
    }
  }

  pause(): void {
    if (this.phase === "learning") return
    this.phase = "calm"
    this.forgetLevels()
  }

  moves(): void {
    this.calm = null
  }

  rebaselined(): void {
    if (this.phase === "learning" || this.phase === "holding") return
    if (this.standsStill) return this.rest()
    if (this.levels.length >= 5) {
      this.reference = this.recent(5)
      this.world = 0
    }
    this.pause()
  }

  holdHere(): void {
    if (this.phase === "onBaseline" || this.phase === "onStart") this.rest()
  }

  watchOver(): void {
    if (this.phase !== "calm" || !this.mayRetreat) return
    this.enter("watching")
    this.bySpells = false
    this.watched = true
    this.sinceUs = this.lastUs
    this.retreatLevel = this.now
  }

  restored(): void {
    if (this.phase === "onStart") this.tryBaseline()
  }

  letGo(): Act {
    if (this.phase === "watching") {
      this.pause()
      return "nothing"
    }
    if (this.phase === "holding") return this.release()
    if (!this.bySpells) return this.blameWorld(1)
    this.leaveSpells()
    return this.blameWorld(2)
  }

  get standsStill(): boolean {
    return ["onBaseline", "onStart", "holding", "watching"].includes(this.phase)
  }

  private recent(count: number, back = 0): number {
    const end = this.levels.length - back
    return median(this.levels.slice(end - count, end))
  }

  private get last(): number {
    return this.recent(Math.min(this.levels.length, 5))
  }

  private get known(): number {
    return this.reference + this.world
  }

  private forgetLevels(): void {
    this.levels = []
    this.over = 0
    this.calm = null
    this.stay = 0
  }

  private enter(phase: Phase): void {
    this.phase = phase
    this.forgetLevels()
    this.block = 0
    this.blockEnd = BLOCKS[0]
    this.idle = 0
    this.rose = 0
  }

  private learn(base: Place): Act {
    if (this.levels.length < 4) return "nothing"
    const level = this.recent(4)
    this.reference = this.startReference = this.lowest = this.now = level
    this.spread = Math.max(...this.levels) - Math.min(...this.levels)
    for (let at = 3; at > 0; at--) this.differ(at, at - 1)
    this.raiseThreshold()
    this.phase = "calm"
    this.good = base
    return "nothing"
  }

  private differ(at: number, before: number): void {
    this.differences = [...this.differences, Math.abs(this.levels[at] - this.levels[before])].slice(-32)
  }

  private raiseThreshold(): void {
    this.noise = (median(this.differences) * 1.4826) / Math.SQRT2
    const earned = 0.1 * (this.startReference - this.lowest)
    const room = Math.max(8 * this.noise, earned, this.spread)
    this.quiet = this.now <= this.reference + room ? this.quiet + 1 : 0
    // Two hundred windows after the level came back, nothing is left of an acquittal.
    if (this.quiet >= 200) this.acquitted = this.inVain = 0
    const acquitted = this.climbsAgain() ? 0.3 * this.world : this.acquitted
    this.threshold = this.known + Math.max(room, acquitted)
  }

  private climbsAgain(): boolean {
    if (this.windows >= this.lookAgain || this.levels.length < 12) return false
    const here = lineThrough(this.levels.slice(-12))
    const { slope, error } = this.leftBaseline
    return rises(here) && here.slope - slope > 3 * Math.hypot(here.error, error)
  }

  private watchTuned(base: Place, stableUs: number): Act {
    this.stood = 0
    const { length } = this.levels
    if (length < 5) return "nothing"
    const level = this.recent(5)
    this.now = level
    this.raiseThreshold()
    const { known, threshold } = this
    const over = this.world - Math.max(0, level - this.reference)
    if (over > 0) this.world -= over / 50
    if (level < (known + threshold) / 2) this.differ(length - 1, length - 3)
    this.lowest = Math.min(this.lowest, level)
    const near = Math.max(this.reference - this.lowest, this.noise)
    if (level - this.lowest <= near / 4) this.good = base
    const jumps = this.countSpell()
    if (level > threshold && this.mayRetreat) return this.suspect(base, level - known)
    if (jumps && this.mayRetreat) {
      this.far = base
      this.retreat(base)
      this.tryBaseline()
      this.bySpells = true
      this.above = 0
      return "retreat"
    }
    this.phase = "calm"
    this.over = 0
    return this.earn(base, stableUs)
  }

  private countSpell(): boolean {
    const level = this.recent(2)
    const above = level > this.threshold
    this.spellShare += ((above ? 1 : 0) - this.spellShare) / 60
    this.spells -= this.spells / 60
    if (above) {
      this.spellLevel = level
      if (!this.inSpell) this.spells++
      this.inSpell = true
    } else if (level < (this.known + this.threshold) / 2) this.inSpell = false
    return this.spellShare > SPELL_SHARE && this.spells > SPELLS
  }

  private isGross(excess: number): boolean {
    return excess > 100 * (this.threshold - this.known)
  }

  private waits(excess: number): boolean {
    if (this.over === 0 || excess < 0.8 * this.onset) {
      this.onset = excess
      this.over = 0
    }
    this.over++
    const patience = this.isGross(excess) ? 15 : 20
    return this.over < patience && !this.isExplosive() && !this.isClimbing()
  }

  private isExplosive(): boolean {
    if (this.over < 4 || this.levels.length < 6) return false
    const excess = this.recent(3) - this.known
    return excess > 3 * this.onset && excess > 1.25 * (this.recent(3, 3) - this.known)
  }

  private isClimbing(): boolean {
    return this.over >= 6 && rises(lineThrough(this.levels.slice(-6)))
  }

  private suspect(base: Place, excess: number): Act {
    this.calm = null
    if (this.phase === "calm") {
      this.phase = "suspicious"
      this.over = 0
      this.far = base
    }
    const waits = this.waits(excess)
    const away = (place: Place): number =>
      place.reduce((sum, x, i) => sum + this.table.difference(i, this.good[i], x) ** 2, 0)
    if (away(base) > away(this.far)) this.far = base
    const onProbation = this.probation > 0 && this.windows - this.probation < 40
    if (waits && !onProbation) return "nothing"
    this.retreat(base)
    this.tryBaseline()
    return "retreat"
  }

  private retreat(base: Place): void {
    this.retreatLevel = this.recent(3)
    const before = this.levels.slice(-10)
    this.left = lineThrough(before)
    const biggest = Math.max(0, ...before.slice(1).map((y, i) => y - before[i]))
    this.jumped = biggest > 0.5 * (this.retreatLevel - this.known) && !this.isGross(this.now - this.known)
    this.watched = false
    this.lookAgain = 0
    this.sinceUs = this.lastUs
    this.retreats++
    this.tuned = base
  }

  private tryBaseline(): void {
    this.enter("onBaseline")
    this.bySpells = false
    this.level = this.retreatLevel
    this.expected = this.known
  }

  private tryStart(line: Line): Act {
    this.leftBaseline = line
    this.baselineLevel = this.level
    this.retreatLevel = Math.max(this.retreatLevel, this.level)
    this.enter("onStart")
    this.expected = Math.max(this.expected, this.startReference)
    return "tryStart"
  }

  private watchStay(base: Place, start: Place): Act {
    this.stood = ++this.stay
    this.now = this.last
    if (this.levels.length < 5) return "nothing"
    this.raiseThreshold()
    this.level = this.now
    this.expected = this.known
    if (!this.startMayHelp(base, start)) {
      this.over = 0
      return "nothing"
    }
    if (this.waits(this.now - this.expected)) return "nothing"
    if (falls(lineThrough(this.levels.slice(-10)))) return "nothing"
    this.far = base
    this.retreat(base)
    this.watched = true
    return this.tryStart(this.left)
  }

  private startMayHelp(place: Place, start: Place): boolean {
    return (
      !same(place, start) &&
      this.level > this.threshold &&
      this.level > this.startReference + 8 * this.noise &&
      this.level - this.expected > 3 * this.inVain
    )
  }

  /** The line of the stay: without its first two windows, the last 48 at most. */
  private lineHere(): Line {
    const usable = Math.min(48, this.stay - 2)
    return usable < 3 ? NO_LINE : lineThrough(this.levels.slice(-usable))
  }

  private get wasRising(): boolean {
    const slight = 0.002 * (this.retreatLevel - this.known)
    return !this.jumped && this.left.slope > slight && rises(this.left)
  }

  private stoppedRising(here: Line): boolean {
    return this.wasRising && here.slope < this.left.slope / 4 && isLess(here, this.left)
  }

  private onTrial(baseline: Place, start: Place): Act {
    this.stood = ++this.stay
    this.now = this.last
    const { stay } = this
    if (this.bySpells) {
      if (this.levels.length > 1 && this.recent(2) > this.threshold) this.above++
      return stay >= 40 ? this.judgeSpells(baseline, start) : "nothing"
    }
    const here = this.lineHere()
    const looks = stay >= 14 && (stay - 14) % 4 === 0
    if (looks && this.stoppedRising(here) && falls(here))
      if (this.phase === "onBaseline" || this.now < this.baselineLevel)
        return this.blame(baseline, start, true)
    return stay < this.blockEnd ? "nothing" : this.judgeBlock(baseline, start, here)
  }

  private judgeSpells(baseline: Place, start: Place): Act {
    const goesOn = this.above >= (40 * this.spellShare) / 3
    this.leaveSpells()
    return goesOn ? this.blameWorld() : this.blame(baseline, start, false)
  }

  private leaveSpells(): void {
    this.bySpells = false
    this.spellShare = 0
    this.level = this.spellLevel
  }

  private judgeBlock(baseline: Place, start: Place, here: Line): Act {
    const length = blockLength(this.block)
    const before = this.level
    const level = this.recent(length)
    this.level = level
    this.block++
    this.blockEnd += blockLength(this.block)
    const onStart = this.phase === "onStart"
    const noise = Math.max(this.noise, Math.SQRT2 * here.deviation)
    const tolerance = Math.max(0.05 * (before - this.expected), (1.5 * noise) / Math.sqrt(length))
    const fell = level < before - tolerance
    if (fell && !(this.stay >= 24 && level >= this.retreatLevel)) this.idle = this.rose = 0
    else {
      this.idle++
      this.rose = level > before + tolerance ? this.rose + 1 : 0
    }
    const excess = level - this.expected
    const atFirst = this.retreatLevel - this.expected
    const cameBack =
      excess < 0.3 * atFirst ||
      (level < this.threshold && level < this.retreatLevel - tolerance && excess < 0.6 * atFirst) ||
      (onStart && !fell && this.stay >= 6 && level < this.baselineLevel - 2 * tolerance)
    if (cameBack) {
      const burst =
        this.jumped &&
        !onStart &&
        this.stay <= 6 &&
        (this.probation === 0 || this.windows - this.probation > 80)
      if (!burst) return this.blame(baseline, start, false)
      this.probation = this.windows
      return this.blameWorld()
    }
    if (this.idle < 2 && this.stay < 640) return "nothing"
    return onStart ? this.idleOnStart(baseline, start, here) : this.idleOnBaseline(baseline, start, here)
  }

  private idleOnBaseline(baseline: Place, start: Place, here: Line): Act {
    const mayHelp = this.startMayHelp(baseline, start)
    if (this.stay < (mayHelp && this.rose >= 2 ? 6 : 12)) return "nothing"
    if (mayHelp) return this.tryStart(here)
    if (this.stay < 24 && (falls(here) || this.wasRising)) return "nothing"
    return this.acquit(baseline, this.stoppedRising(here) ? 0.3 : 1)
  }

  private idleOnStart(baseline: Place, start: Place, here: Line): Act {
    const { stay, level, baselineLevel } = this
    if (stay < 6) return "nothing"
    const muchTheSame = level < baselineLevel + 0.1 * (baselineLevel - this.known)
    if (stay >= 24 ? stay < 96 && falls(here) : falls(here) || this.wasRising || muchTheSame) return "nothing"
    const rose =
      this.leftBaseline.slope > 0.002 * (this.retreatLevel - this.known) && rises(this.leftBaseline)
    const risesLess = rose && isLess(here, this.leftBaseline)
    if (risesLess || (level < baselineLevel && this.stoppedRising(here)))
      return this.blame(baseline, start, true)
    this.inVain = Math.max(0, baselineLevel - this.known)
    this.level = baselineLevel
    return this.acquit(baseline, 1)
  }

  private acquit(baseline: Place, room: number): Act {
    if (this.wasRising) this.tuned = baseline
    return this.blameWorld(this.wasRising ? room : 2.5)
  }

  private blameWorld(room = this.wasRising ? 1 : 2.5): Act {
    this.world = Math.max(0, this.level - this.reference)
    this.acquitted = Math.max(this.acquitted, room * this.world)
    const here = this.lineHere()
    if (!this.wasRising && here !== NO_LINE) {
      this.lookAgain = this.windows + 120
      this.leftBaseline = here
    }
    const seen = this.levels.slice(-RING)
    const first = Math.max(2, seen.length - 32)
    const { levels } = this
    this.levels = seen
    for (let at = first; at < seen.length; at++) this.differ(at, at - 2)
    this.levels = levels
    this.worlds++
    this.phase = "calm"
    this.forgetLevels()
    return "world"
  }

  private blame(baseline: Place, start: Place, byTrend: boolean): Act {
    const onStart = this.phase === "onStart"
    this.blames = this.blames > 0 && this.windows - this.blamedAt <= 600 ? this.blames + 1 : 1
    this.blamedAt = this.windows
    this.blamed++
    this.inVain = this.world = this.acquitted = 0
    if (onStart) this.reference = this.startReference
    this.holdFor = Math.min(640, 10 * 2 ** (this.blames - 1))
    this.draining = byTrend ? 1 : 0
    this.drained = this.reference + 0.1 * (this.retreatLevel - this.reference)
    const safe = onStart ? start : baseline
    const share = 1 - 2 ** (1 - this.blames)
    this.result = this.good.map((x, i) =>
      this.table.contain(i, x + share * this.table.difference(i, x, safe[i])),
    )
    this.phase = "holding"
    this.stay = 0
    return onStart ? "blameStart" : "blame"
  }

  private rest(): void {
    this.enter("holding")
    this.holdFor = 10
    this.draining = -1
  }

  private holdOn(baseline: Place, start: Place): Act {
    this.stood = ++this.stay
    this.now = this.last
    const isHeld = this.draining >= 0 && !same(baseline, start)
    if (isHeld && this.levels.length >= 5 && this.now > Math.max(this.retreatLevel, this.threshold)) {
      const line = lineThrough(this.levels.slice(-Math.min(20, this.stay)))
      if (rises(line)) {
        this.level = this.now
        this.tuned = baseline
        return this.tryStart(line)
      }
    }
    if (this.stay < this.holdFor || this.stillDrains()) return "nothing"
    const seen = this.levels.slice(-20)
    const refuted = isHeld && median(seen) > this.startReference + 8 * this.noise
    const line = lineThrough(seen)
    if (!refuted || line.slope <= -line.error) return this.release()
    this.reference = this.startReference
    this.rest()
    return "blameStart"
  }

  private stillDrains(): boolean {
    if (this.draining !== 1 || this.stay >= 4000 || this.now <= this.drained) return false
    if (this.stay < 24) return true
    const { slope, error } = lineThrough(this.levels.slice(-24))
    return slope < -error
  }

  private release(): Act {
    if (this.levels.length > 0) {
      const added = median(this.levels.slice(-20)) - this.reference
      if (added < 0) this.reference += added
      else if (this.draining === 1) this.world = Math.max(this.world, added)
    }
    this.phase = "calm"
    this.forgetLevels()
    return "release"
  }

  private earn(base: Place, stableUs: number): Act {
    const { table } = this
    if (this.calm?.base.some((x, i) => Math.abs(table.difference(i, x, base[i])) > 0.1)) this.calm = null
    const calm = (this.calm ??= { base, sinceUs: this.lastUs, levels: [], way: base.map(() => 0) })
    calm.way = calm.way.map((sum, i) => sum + table.difference(i, calm.base[i], base[i]))
    calm.levels.push((this.levels.at(-1) ?? Number.NaN) - this.reference)
    if (calm.levels.length < 40) return "nothing"
    this.calm = null
    if (this.lastUs - calm.sinceUs < stableUs) return "nothing"
    const mean = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b) / values.length
    const means = Array.from({ length: 10 }, (_, k) => mean(calm.levels.slice(4 * k, 4 * k + 4)))
    const [first, second] = [mean(means.slice(0, 5)), mean(means.slice(5))]
    const square = means.reduce((sum, one, k) => sum + (one - (k < 5 ? first : second)) ** 2, 0)
    const error = Math.sqrt(square / 8 / 5)
    const worse = Math.max(first, second)
    if (second - first > 2 * Math.SQRT2 * error || worse >= -2 * error) return "nothing"
    this.reference += worse
    this.result = calm.base.map((x, i) => table.snap(i, table.contain(i, x + calm.way[i] / 40)))
    return "promote"
  }
}

const SPELL_SHARE = 0.3
const SPELLS = 3
