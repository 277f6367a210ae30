/**
 * What the hot benchmark times: each subject prepares its state once and then does `count` operations of one kind on the
 * path that does the work. Every subject checks afterwards that the work was done: an accept that turned into a reject,
 * or a window that never closed, would be a faster number for nothing.
 */
import {
  ACCEPTED,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  HotPath,
  KnobTable,
  LINEAR,
  LOG,
  MINUS,
  P_EXPECTED_GENERATION,
  P_ID,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  PLUS,
  READINGS,
  TRIMMED_MEAN,
  UPDATE,
  WINDOW_CLOSED,
  DEFAULT_SPSA,
  SpsaKernel,
  type KnobNumbers,
} from "arqon/hot"
import { GUARDRAILS } from "arqon"

export interface Subject {
  readonly name: string
  /** Does `count` operations. */
  readonly run: (count: number) => void
  /** Between batches, outside the timed part. */
  readonly tidy: () => void
  /** Throws when the operations were not what they claim to be. */
  readonly check: () => void
}

const { balanced } = GUARDRAILS

const linear: KnobNumbers = { min: 0, max: 100, scale: LINEAR, step: 0, maxStep: 0 }
const whole: KnobNumbers = { min: 0, max: 1000, scale: LINEAR, step: 1, maxStep: 0 }
const logarithmic: KnobNumbers = { min: 1, max: 10_000, scale: LOG, step: 0, maxStep: 0 }
const concurrency: KnobNumbers = { min: 1, max: 1024, scale: LOG, step: 1, maxStep: 0 }

const repeat = (count: number, knob: KnobNumbers): ReadonlyArray<KnobNumbers> =>
  Array.from({ length: count }, () => knob)

export const plainKnobs = (count: number): ReadonlyArray<KnobNumbers> => repeat(count, linear)
/** What a service has: half of it continuous, the rest whole numbers, logarithms, and logarithms of whole numbers. */
export const mixedKnobs: ReadonlyArray<KnobNumbers> = [
  ...repeat(8, linear),
  ...repeat(4, whole),
  ...repeat(2, logarithmic),
  ...repeat(2, concurrency),
]

const KINDS = [PLUS, MINUS, UPDATE, PLUS, MINUS, UPDATE]

const ignore = (): void => {}

export const makeHot = (knobs: ReadonlyArray<KnobNumbers>, auditCapacity = 4096): HotPath =>
  new HotPath({
    table: new KnobTable(knobs),
    policy: balanced,
    initialUnit: new Float64Array(knobs.length).fill(0.5),
    window: {
      windowDigests: 5,
      windowUs: 500_000,
      settleUs: 0,
      maxAgeUs: 1e6,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity,
    manualTime: true,
  })

/** The six targets of two cycles, there and back: plus, minus and update of a base that steps between two places. */
const wayThereAndBack = (table: KnobTable, n: number): ReadonlyArray<Float64Array> => {
  const vector = (unit: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => table.snap(i, unit))
  return [0.52, 0.48, 0.504, 0.524, 0.484, 0.5].map(vector)
}

/** Accepted, audited applies of whole cycles (plus, minus, update) at the fastest pace the balanced guardrails allow. */
export const applySubject = (name: string, knobs: ReadonlyArray<KnobNumbers>): Subject => {
  const hot = makeHot(knobs)
  const n = knobs.length
  const { executor, config } = hot
  const inbox = executor.proposal
  const targets = wayThereAndBack(hot.table, n)
  let step = 0
  // Whole numbers only: a closure that writes a double allocates it, and the bytes would be ours.
  let asked = 0
  let refused = 0
  return {
    name,
    run(count) {
      for (let k = 0; k < count; k++) {
        inbox[P_ID] = ++asked
        inbox[P_NOW_US] = asked * 100_000
        inbox[P_EXPECTED_GENERATION] = config.generation
        inbox[P_LENGTH] = n
        const target = targets[step]
        for (let i = 0; i < n; i++) inbox[P_TARGET + i] = target[i]
        if (executor.apply(KINDS[step]) !== ACCEPTED) refused++
        step = step === 5 ? 0 : step + 1
      }
    },
    tidy: () => void hot.audit.drain(ignore),
    check() {
      if (refused > 0) throw new Error(`${name}: ${refused} of ${asked} applies were refused`)
      if (executor.applies !== asked)
        throw new Error(`${name}: ${executor.applies} applies for ${asked} proposals`)
    },
  }
}

const makeFloor = (n: number) => ({
  inbox: new Float64Array(n),
  words: new Int32Array(new SharedArrayBuffer(8)),
  units: new Float64Array(new SharedArrayBuffer(8 * n)).fill(0.5),
  values: new Float64Array(new SharedArrayBuffer(8 * n)),
  min: new Float64Array(n),
  span: new Float64Array(n).fill(100),
  limit: new Float64Array(n).fill(0.1),
})

const applyFloor = (floor: ReturnType<typeof makeFloor>): boolean => {
  const { inbox, words, units, values, min, span, limit } = floor
  const n = inbox.length
  for (let i = 0; i < n; i++) {
    const target = inbox[i]
    const delta = target - units[i]
    if (!(target >= 0 && target <= 1) || delta > limit[i] || delta < -limit[i]) return false
  }
  Atomics.add(words, 0, 1)
  for (let i = 0; i < n; i++) {
    const target = inbox[i]
    units[i] = target
    values[i] = min[i] + target * span[i]
  }
  Atomics.add(words, 0, 1)
  return true
}

/**
 * The floor of an apply: bounds and step of every knob, then the commit of positions and values into shared memory under
 * a sequence lock. No budgets, no rates, no audit, no grids: what nobody can leave out.
 *
 * Two of them in turn, each an object with its arrays in fields, like what they are compared with: a lone closure would
 * have the addresses of its arrays compiled in, which no engine gets that is not alone in its process.
 */
export const floorSubject = (n: number): Subject => {
  const floors = [makeFloor(n), makeFloor(n)]
  const targets = [0.52, 0.48].map((target) => new Float64Array(n).fill(target))
  let asked = 0
  let accepted = 0
  return {
    name: "floor16",
    run(count) {
      // Every batch is one floor's; batches alternate.
      const floor = floors[(asked / count) & 1]
      const { inbox } = floor
      for (let k = 0; k < count; k++) {
        const target = targets[asked++ & 1]
        for (let i = 0; i < n; i++) inbox[i] = target[i]
        if (applyFloor(floor)) accepted++
      }
    },
    tidy: ignore,
    check() {
      if (accepted !== asked) throw new Error(`floor16: ${asked - accepted} of ${asked} refused`)
    },
  }
}

/** Valid digests through ring, validity and window; every fifth closes a window, which is opened again. */
export const observeSubject = (): Subject => {
  const hot = makeHot(plainKnobs(16))
  const { digest } = hot
  digest.fill(Number.NaN)
  digest[DIGEST_GENERATION] = hot.config.generation
  let asked = 0
  let closed = 0
  return {
    name: "observe",
    run(count) {
      for (let k = 0; k < count; k++) {
        asked++
        digest[DIGEST_TIMESTAMP_US] = asked * 1000
        digest[DIGEST_OBJECTIVE] = asked & 63
        if (hot.observe() === WINDOW_CLOSED) {
          closed++
          hot.reopenWindow()
        }
      }
    },
    tidy: ignore,
    check() {
      if (closed !== Math.floor(asked / 5)) throw new Error(`observe: ${closed} windows for ${asked} digests`)
    },
  }
}

/**
 * Decisions of the kernel: a whole cycle is two of them, one per closed window. The first yields the other side's targets; the
 * second completes the cycle, yields the new base, draws the next signs and yields the next first side.
 *
 * Losses that fall keep it tuning: each batch is an excursion of its own, and none may end. With losses that only scatter it soon
 * rests at its base, and what is measured is the pairs among rests, which decide less.
 */
export const decideSubject = (knobs: ReadonlyArray<KnobNumbers>, name: string, resting = false): Subject => {
  const table = new KnobTable(knobs)
  const n = knobs.length
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 42, maxStep: balanced.maxStep })
  let state = new Float64Array(kernel.stateLength)
  let next = new Float64Array(kernel.stateLength)
  kernel.initial(state, new Float64Array(n).fill(0.5))
  kernel.begin(state)
  const start = state.slice()
  const inbox = new Float64Array(P_TARGET + n)
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  const band = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? -0.25 : 0.25))
  // Losses are read from a table: making them would cost as much as a tenth of a decision.
  const falls = resting ? 0 : 2e-3
  const losses = Float64Array.from({ length: 1024 }, (_, i) => 10 - i * falls + ((i * 7919) % 1021) * 1e-4)
  let asked = 0
  let lost = 0
  return {
    name,
    run(count) {
      for (let k = 0; k < count; k++) {
        if (asked++ % 2 === 0) {
          readings[0] = losses[asked & 1023]
          kernel.minusTarget(state, inbox, P_TARGET)
        } else {
          readings[1] = losses[asked & 1023]
          kernel.complete(state, next, readings, band)
          kernel.updateTarget(next, inbox, P_TARGET)
          const spare = state
          state = next
          next = spare
          kernel.begin(state)
          kernel.plusTarget(state, inbox, P_TARGET)
        }
      }
    },
    tidy() {
      if (kernel.cycles(state) !== Math.floor(asked / 2)) lost++
      if (resting) return
      if (kernel.restsLeft(state) > 0 || kernel.blocks(state) > asked / 4) lost++
      asked = 0
      state.set(start)
    },
    check() {
      if (resting && kernel.restsLeft(state) === 0) throw new Error(`${name}: it does not rest`)
      if (lost > 0) throw new Error(`${name}: in ${lost} batches cycles were lost, taken back or rested`)
    },
  }
}
