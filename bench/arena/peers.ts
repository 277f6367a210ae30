/**
 * The competitors of the arena, each with one fixed setting for all plants. They think in unit space, ask for a probe or
 * a move of their base, and are told what was really applied; the guardrails are the harness's business (`guarded.ts`).
 * Losses come normalised (start 1, best 0), which is kind to them: unlike the tuning rule, they depend on scale.
 */
import { gaussianAt } from "../../src/testing/noise.ts"

/** A tuner that reads one configuration at a time. */
export interface Peer {
  /** Fills `out` with the next target; true when it is a move of the base that needs no reading. */
  ask(out: Float64Array): boolean
  /** The reading of the last probe, and where it was really taken. */
  tell(loss: number, applied: Float64Array): void
  /** Where the base was really put after a move. */
  moved(base: Float64Array): void
}

export type PeerFactory = (n: number, start: Float64Array, seed: number) => Peer

const clip01 = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x)

/**
 * BlueFin of SelfTune / OPPerTune (Microsoft): two probes along a random direction of the sphere, the difference divided
 * by the larger absolute reward, a constant gain.
 */
export const blueFin =
  (eta: number, d: number): PeerFactory =>
  (n, start, seed) => {
    const w = start.slice()
    const u = new Float64Array(n)
    let draws = 0
    let side = 0
    let first = 0
    const draw = (): void => {
      let norm = 0
      for (let i = 0; i < n; i++) {
        u[i] = gaussianAt(seed, draws++)
        norm += u[i] * u[i]
      }
      for (let i = 0; i < n; i++) u[i] /= Math.sqrt(norm)
    }
    return {
      ask: (out) => {
        if (side === 2) {
          out.set(w)
          return true
        }
        if (side === 0) draw()
        // One apply reaches .1, so the two probes lie at most that far apart.
        const largest = u.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
        const scale = Math.min(d, 0.0499 / largest) * (side === 0 ? 1 : -1)
        for (let i = 0; i < n; i++) out[i] = clip01(w[i] + scale * u[i])
        return false
      },
      tell: (loss) => {
        if (side === 0) {
          first = loss
          side = 1
          return
        }
        const largest = Math.max(Math.abs(first), Math.abs(loss), 1e-12)
        for (let i = 0; i < n; i++) {
          const gradient = (n * ((first - loss) / largest) * u[i]) / (2 * d)
          w[i] = Math.min(1 - d, Math.max(d, w[i] - eta * gradient))
        }
        side = 2
      },
      moved: (base) => {
        w.set(base)
        side = 0
      },
    }
  }

/** (1+1) evolution strategy with the one-fifth success rule. */
export const onePlusOne =
  (sigma0: number): PeerFactory =>
  (n, start, seed) => {
    const best = start.slice()
    let bestLoss = Number.NaN
    let sigma = sigma0
    let draws = 0
    let pending = false
    return {
      ask: (out) => {
        if (pending) {
          out.set(best)
          return true
        }
        if (Number.isNaN(bestLoss)) out.set(best)
        else for (let i = 0; i < n; i++) out[i] = clip01(best[i] + sigma * gaussianAt(seed, draws++))
        return false
      },
      tell: (loss, applied) => {
        if (Number.isNaN(bestLoss)) {
          bestLoss = loss
          return
        }
        if (loss <= bestLoss) {
          bestLoss = loss
          best.set(applied)
          sigma = Math.min(0.1, sigma * Math.exp(1 / 3))
          pending = true
        } else sigma = Math.max(0.001, sigma * Math.exp(-1 / 12))
      },
      moved: (base) => {
        best.set(base)
        pending = false
      },
    }
  }

/** Coordinate hill climb: one knob at a time, up then down, steps grow on success and shrink after a barren round. */
export const hillClimb =
  (step0: number): PeerFactory =>
  (n, start) => {
    const best = start.slice()
    let bestLoss = Number.NaN
    let step = step0
    let knob = 0
    let sign = 1
    let barren = 0
    let pending = false
    return {
      ask: (out) => {
        out.set(best)
        if (pending) return true
        if (!Number.isNaN(bestLoss)) out[knob] = clip01(best[knob] + sign * step)
        return false
      },
      tell: (loss, applied) => {
        if (Number.isNaN(bestLoss)) {
          bestLoss = loss
          return
        }
        if (loss < bestLoss) {
          bestLoss = loss
          best.set(applied)
          step = Math.min(0.1, step * 1.2)
          barren = 0
          pending = true
          return
        }
        barren++
        if (sign === 1) sign = -1
        else {
          sign = 1
          knob = (knob + 1) % n
        }
        if (barren >= 2 * n) {
          step = Math.max(0.0025, step / 2)
          barren = 0
        }
      },
      moved: (base) => {
        best.set(base)
        pending = false
      },
    }
  }
