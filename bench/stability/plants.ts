/**
 * Services that are healthy until a moment and unstable from there on, in five kinds, and healthy ones that only look restless. Each is
 * stepped once a digest. Sizes are drawn by the seed: no two runs have the same period, strength or optimum.
 */
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"

/** One run of a service: what it reports at digest `i` under these knobs, healthy or not. */
export type Service = (knobs: ReadonlyArray<number>, i: number, faulty: boolean) => number

export interface Kind {
  readonly title: string
  readonly make: (seed: number) => Service
  /** Where the knobs begin, in unit space; in the middle when omitted. */
  readonly initial?: number
}

export const WINDOW_DIGESTS = 5
export const KNOBS = 2

/** Standard deviation of one digest, and of the mean of a window. */
const NOISE = 0.05
const WINDOW_NOISE = NOISE / Math.sqrt(WINDOW_DIGESTS)

const draw = (seed: number, counter: number, low: number, high: number): number =>
  low + (high - low) * uniformAt(seed + 7_919, counter)

/** A bowl with a drawn optimum: what the tuner has to find. */
function bowl(seed: number): (knobs: ReadonlyArray<number>) => number {
  const best = Array.from({ length: KNOBS }, (_, k) => draw(seed, k, 0.25, 0.75))
  return (knobs) => 1 + knobs.reduce((sum, x, k) => sum + (x - best[k]) ** 2, 0)
}

/** Angle of a swing per digest: its period is 6 to 24 windows. */
const angleOf = (seed: number): number => (2 * Math.PI) / (WINDOW_DIGESTS * draw(seed, 20, 6, 24))

/** How large a swing becomes, in the objective's units: 4 to 10 deviations of a window. */
const sizeOf = (seed: number): number => WINDOW_NOISE * draw(seed, 21, 4, 10)

const noise = (seed: number, i: number): number => NOISE * gaussianAt(seed, i)

/** A bowl with noise, and a disturbance with a state of its own. */
const disturbed =
  (disturbance: (seed: number) => (i: number, faulty: boolean, level: number) => number) =>
  (seed: number): Service => {
    const level = bowl(seed)
    const more = disturbance(seed)
    return (knobs, i, faulty) => {
      const loss = level(knobs)
      return loss + noise(seed, i) + more(i, faulty, loss)
    }
  }

/** Van der Pol's oscillator: damped, then driven onto its limit cycle. */
const limitCycle = disturbed((seed) => {
  const w = angleOf(seed)
  const size = sizeOf(seed) / 2
  const drive = draw(seed, 22, 0.6, 1.2)
  let x = 0
  let v = 0
  return (i, faulty) => {
    const damping = faulty ? drive * w * (1 - x * x) : -0.8 * w
    v += damping * v - w * w * x + 0.05 * w * gaussianAt(seed + 1, i)
    x += v
    return size * x
  }
})

/** A swing that grows by a share each period, until it hits its bound. */
const growing = disturbed((seed) => {
  const w = angleOf(seed)
  const rate = (Math.log(draw(seed, 22, 1.25, 2)) * w) / (2 * Math.PI)
  const bound = 4 * sizeOf(seed)
  const start = 1.5 * WINDOW_NOISE
  let since = 0
  return (_i, faulty) => {
    if (!faulty) return 0
    since++
    return Math.min(bound, start * Math.exp(rate * since)) * Math.sin(w * since)
  }
})

/** Lorenz's equations: at rest for a small rho, chaotic for 28. */
const chaotic = disturbed((seed) => {
  const step = (0.75 * angleOf(seed)) / (2 * Math.PI)
  const size = sizeOf(seed) / 2 / 8.6
  let [x, y, z] = [4.9, 4.9, 9]
  return (i, faulty) => {
    const rho = faulty ? 28 : 10
    for (let part = 0; part < 8; part++) {
      const h = step / 8
      const dx = 10 * (y - x)
      const dy = x * (rho - z) - y
      const dz = x * y - (8 / 3) * z
      x += h * dx
      y += h * dy
      z += h * dz
    }
    x += 0.01 * gaussianAt(seed + 1, i)
    return size * (z - (faulty ? 23.5 : 9)) * 2
  }
})

/** Another controller on the same resource, integrating what it measured a while ago; then its gain is too high for that delay. */
const resonance = disturbed((seed) => {
  const delay = Math.round((2 * Math.PI) / angleOf(seed) / 4)
  const size = sizeOf(seed)
  const gain = draw(seed, 22, 1.9, 2.3) / delay
  const past = new Float64Array(delay)
  let u = 0
  return (i, faulty, level) => {
    const measured = past[i % delay]
    const now = u + (level - 1) + 0.2 * size * gaussianAt(seed + 1, i)
    past[i % delay] = now
    u -= (faulty ? gain : 0.4 / delay) * measured
    u = Math.max(-size, Math.min(size, u))
    return u
  }
})

/** What a knob does shows at once; then only after many windows, and it rings. */
const slow = (seed: number): Service => {
  const level = bowl(seed)
  const slowly = angleOf(seed)
  const damping = draw(seed, 22, 0.002, 0.01)
  const kick = sizeOf(seed)
  let y = Number.NaN
  let v = 0
  let was = false
  return (knobs, i, faulty) => {
    const target = level(knobs)
    if (!(y === y)) y = target
    if (faulty && !was) v += kick * slowly
    was = faulty
    if (!faulty) {
      v = 0
      y += 0.9 * (target - y)
    } else {
      v += slowly * slowly * (target - y) - 2 * damping * slowly * v
      y += v
    }
    return y + noise(seed, i)
  }
}

export const KINDS: ReadonlyArray<Kind> = [
  { title: "limit cycle", make: limitCycle },
  { title: "growing oscillation", make: growing },
  { title: "chaotic plant", make: chaotic },
  { title: "resonance with another controller", make: resonance },
  { title: "slow plant, fast windows", make: slow },
]

/** A pool before a database: time in line falls with its size, time under contention grows; noise as measured on a quiet service. */
const pool =
  (load: (i: number) => number) =>
  (seed: number): Service =>
  (knobs, i) => {
    const size = 2 + 62 * knobs[0]
    const slow = 0.4 * gaussianAt(seed + 2, Math.floor(i / WINDOW_DIGESTS))
    return 20 + (160 * load(i)) / size + size / 4 + 0.15 * gaussianAt(seed, i) + slow
  }

/** The load of a pool, as a number of times the first one. */
const LOADS: ReadonlyArray<readonly [title: string, load: (i: number) => number]> = [
  ["pool: load doubles for good", (i) => (i < 2_500 ? 1 : 2)],
  ["pool: load grows fourfold at once, for good", (i) => (i < 2_500 ? 1 : 4)],
  ["pool: load grows sixfold at once, for good", (i) => (i < 2_500 ? 1 : 6.25)],
  ["pool: load doubles, falls, doubles again", (i) => (Math.floor(i / 800) % 2 === 0 ? 1 : 2)],
  ["pool: load climbs to four times", (i) => 1 + 3 * Math.min(1, Math.max(0, (i - 1_500) / 3_000))],
  ["pool: load with a daily course", (i) => 2 - Math.cos((2 * Math.PI * i) / 4_000)],
]

/** Restless, and no fault of the loop: none of them may open SafeMode. */
export const RESTLESS: ReadonlyArray<Kind> = [
  {
    title: "load that steps up and down",
    make: disturbed((seed) => (i) => {
      const block = Math.floor(i / draw(seed, 30, 300, 900))
      return 20 * WINDOW_NOISE * (uniformAt(seed + 3, block) - 0.5)
    }),
  },
  {
    title: "load with a daily course",
    make: disturbed(
      (seed) => (i) => 10 * WINDOW_NOISE * Math.sin((2 * Math.PI * i) / draw(seed, 30, 4_000, 8_000)),
    ),
  },
  {
    title: "noise that becomes four times as loud",
    make: disturbed(
      (seed) => (i) => (i > draw(seed, 30, 1_500, 2_500) ? 4 * NOISE * gaussianAt(seed + 2, i) : 0),
    ),
  },
  {
    title: "noise with a memory of five windows",
    make: disturbed((seed) => {
      let level = 0
      return (i) => {
        const memory = Math.exp(-1 / (5 * WINDOW_DIGESTS))
        level = memory * level + Math.sqrt(1 - memory * memory) * 2 * WINDOW_NOISE * gaussianAt(seed + 2, i)
        return level
      }
    }),
  },
  {
    title: "spikes in one digest of twenty",
    make: disturbed(
      (seed) => (i) => (uniformAt(seed + 4, i) < 0.05 ? 10 * NOISE * uniformAt(seed + 5, i) : 0),
    ),
  },
  ...LOADS.map(([title, load]) => ({ title, make: pool(load), initial: 0.23 })),
]
