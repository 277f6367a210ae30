/**
 * A simulated service: jobs come in, wait in a backlog and are done by so many workers in batches of so many, with answers of a cache
 * that keep for so long. It has a memory (the backlog), and a database that sheds load by what it saw a moment ago: too large
 * batches make that swing. One step is one second. The same seed gives the same day.
 */
import { gaussianAt } from "arqon/testing"

export const knobs = {
  workers: { min: 2, max: 64, step: 1, initial: 40 },
  batch: { min: 1, max: 64, scale: "log", step: 1, initial: 8 },
  keepS: { min: 1, max: 300, scale: "log", initial: 30 },
} as const
export type Knob = keyof typeof knobs

/** What is measured in one second. */
export interface Second {
  /** What this second cost: waiting, workers, stale answers and failures, in cents. */
  readonly cost: number
  readonly p99Ms: number
  readonly errorRate: number
  readonly rps: number
}

const HOUR = 3_600
/** Seconds that the database's answer to its own load is late by. */
const DELAY = 40
/** From then on the database sheds twice as hard, for two hours: somebody changed a setting. */
const SETTING = { from: 18 * HOUR, to: 20 * HOUR }
/** A crowd that comes at once and stays for half an hour. */
const CROWD = { from: 13 * HOUR, to: 13.5 * HOUR }

/** Jobs a second at a time of the day: calm at night, then waves and peaks in turn, half an hour each, and once a crowd. */
export function loadAt(second: number): number {
  const hour = second / HOUR
  const level = 60 + 60 * Math.max(0, Math.sin((Math.PI * (hour - 6)) / 14))
  const crowd = second >= CROWD.from && second < CROWD.to ? 1.8 : 1
  if (hour < 6 || hour > 22) return level
  const waves = Math.floor(second / (HOUR / 2)) % 2 === 0
  const shape = waves ? 1 + 0.3 * Math.sin((2 * Math.PI * second) / 40) : second % 20 < 4 ? 1.9 : 0.8
  return level * crowd * shape
}

export class Service {
  private backlog = 0
  private shed = 0
  private readonly past = new Float64Array(DELAY)
  private readonly seed: number

  constructor(seed: number) {
    this.seed = seed
  }

  /** One second under a configuration. */
  step(second: number, { workers, batch, keepS }: Readonly<Record<Knob, number>>): Second {
    const noise = (i: number): number => gaussianAt(this.seed * 10 + i, second)
    const rps = Math.max(1, loadAt(second) * (1 + 0.05 * noise(0)))
    // A longer life of answers spares work, with less and less effect; stale answers cost.
    const missed = 0.35 + 0.65 / (1 + keepS / 20)
    const stale = 0.004 * rps * Math.log1p(keepS / 60)
    // Batches save set-up and make jobs wait; workers get in each other's way.
    const each = 8 / (1 + 2 / batch) / (1 + (workers / 60) ** 2)
    const place = second % DELAY
    const hard = second >= SETTING.from && second < SETTING.to ? 2 : 1
    const late = this.past[place]
    this.past[place] = this.shed
    this.shed = Math.max(-1, Math.min(1, this.shed - 0.0021 * hard * batch * late + 0.01 * noise(1)))
    const capacity = Math.max(1, workers * each * (1 + 0.5 * this.shed))
    const work = this.backlog + rps * missed
    this.backlog = Math.max(0, Math.min(20_000, work - capacity))
    // What would wait for more than three seconds is turned away, half of it at once.
    const turnedAway = Math.max(0, this.backlog - 3 * capacity) / 2
    this.backlog -= turnedAway
    const errorRate = Math.min(1, turnedAway / rps)
    const p99Ms =
      (20 + 2.5 * batch + 1_000 * (this.backlog / capacity) + 60 * (1 + this.shed)) *
      (1 + 0.05 * Math.abs(noise(2)))
    const cost = p99Ms / 100 + 0.12 * workers + stale + 40 * errorRate
    return { cost, p99Ms, errorRate, rps }
  }
}
