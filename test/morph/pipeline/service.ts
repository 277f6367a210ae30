/** A service in virtual time, with callers who wait for its answers: for tests of what a caller sees and of what the gates decide. */
import type { PipelineClock } from "../../../src/morph/pipeline/PipelineClock.ts"
import { chacha8Block } from "../../../src/hot/ChaCha8.ts"

/** Time that passes when it is told to. What promises do between two timers is done before the next one. */
export class VirtualClock implements PipelineClock {
  private time = 0
  private timers: Array<{ at: number; order: number; act: () => void }> = []
  private order = 0

  readonly now = (): number => this.time

  readonly after = (ms: number, act: () => void): (() => void) => {
    const timer = { at: this.time + ms, order: this.order++, act }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }

  readonly soon = (act: () => void): void => void this.after(0, act)

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.after(ms, resolve)
    })

  /** Milliseconds until each timer. */
  timersIn(): ReadonlyArray<number> {
    return this.timers.map(({ at }) => at - this.time)
  }

  /** A function that answers at once, and takes its time all the same. */
  spend(ms: number): void {
    this.time += ms
  }

  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await settle()
      const next = this.timers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined || next.at > end) break
      this.timers = this.timers.filter((one) => one !== next)
      this.time = Math.max(this.time, next.at)
      next.act()
    }
    this.time = Math.max(this.time, end)
  }
}

/** Lets every promise that can settle do so: far more turns than the longest chain here has. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

/** Uniform numbers from 0 to 1, a function of the seed. */
export function uniforms(seed: number): () => number {
  const key = Uint32Array.of(seed, 0x73657276, 0x69636500, 0, 0, 0, 0, 0)
  const words = new Uint32Array(16)
  let drawn = 0
  return () => {
    if (drawn % 16 === 0) chacha8Block(key, drawn / 16, 0, 0, 0, words)
    return words[drawn++ % 16] / 2 ** 32
  }
}
