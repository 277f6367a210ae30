/**
 * How a week goes: load by hour and day, sudden changes, slow drift, servers that fail for some hours, and what happens to
 * telemetry and to the engine itself. A function of seed and time alone, so every tuner lives through the same week.
 */
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import type { Conditions } from "./service.ts"

export const SECOND_US = 1e6
export const HOUR_US = 3600 * SECOND_US
export const DAY_US = 24 * HOUR_US

/** A time during which something is so. */
interface Span {
  readonly fromUs: number
  readonly toUs: number
  readonly size: number
}

/** What happens to telemetry at a moment. */
export type Weather = "clear" | "silent" | "notNumbers" | "spiky"

const inside = ({ fromUs, toUs }: Span, atUs: number): boolean => atUs >= fromUs && atUs < toUs

/** So many spans in so many days, each of a length between two times. */
function spans(
  seed: number,
  days: number,
  perWeek: number,
  [shortestUs, longestUs]: readonly [number, number],
  [least, most]: readonly [number, number] = [1, 1],
): ReadonlyArray<Span> {
  return Array.from({ length: Math.ceil((perWeek * days) / 7) }, (_, i) => {
    const fromUs = uniformAt(seed, 3 * i) * days * DAY_US
    const toUs = fromUs + shortestUs + uniformAt(seed, 3 * i + 1) * (longestUs - shortestUs)
    return { fromUs, toUs, size: least + uniformAt(seed, 3 * i + 2) * (most - least) }
  })
}

const MINUTE_US = 60 * SECOND_US
/** Arrivals a second at night and at noon of a working day. */
const NIGHT = 200
const NOON = 1300

export class Course {
  /** When the process of the engine dies, in order. */
  readonly crashesUs: ReadonlyArray<number>
  private readonly seed: number
  private readonly days: number
  private readonly rushes: ReadonlyArray<Span>
  private readonly failures: ReadonlyArray<Span>
  private readonly silences: ReadonlyArray<Span>
  private readonly nonsense: ReadonlyArray<Span>
  private readonly spikes: ReadonlyArray<Span>

  constructor(seed: number, days: number) {
    this.seed = seed
    this.days = days
    this.rushes = spans(seed + 101, days, 14, [5 * MINUTE_US, 40 * MINUTE_US], [1.3, 1.8])
    this.failures = spans(seed + 202, days, 3, [HOUR_US, 6 * HOUR_US], [3, 6])
    this.silences = spans(seed + 303, days, 10, [20 * SECOND_US, 10 * MINUTE_US])
    this.nonsense = spans(seed + 404, days, 14, [10 * SECOND_US, 2 * MINUTE_US])
    this.spikes = spans(seed + 505, days, 28, [10 * SECOND_US, 5 * MINUTE_US])
    this.crashesUs = spans(seed + 606, days, 7, [0, 0])
      .map(({ fromUs }) => fromUs)
      .sort((a, b) => a - b)
  }

  /** What holds for the service; the first day is a Monday. */
  conditions(atUs: number): Conditions {
    const hour = (atUs % DAY_US) / HOUR_US
    const weekend = Math.floor(atUs / DAY_US) % 7 >= 5
    const daily = 0.5 - 0.5 * Math.cos((2 * Math.PI * (hour - 2)) / 24)
    const own = 0.9 + 0.2 * uniformAt(this.seed + 1, Math.floor(atUs / DAY_US))
    const rush = this.rushes.find((one) => inside(one, atUs))?.size ?? 1
    const lost = this.failures.find((one) => inside(one, atUs))?.size ?? 0
    // Slower by a fifth at the end of a week than at its beginning.
    const drift = 1 + (0.2 * atUs) / (7 * DAY_US)
    return {
      lambda: (NIGHT + (weekend ? 0.5 : 1) * (NOON - NIGHT) * daily) * own * rush,
      servers: 16 - Math.floor(lost),
      overhead: 0.02 * drift,
      each: 0.004 * drift,
    }
  }

  weather(atUs: number): Weather {
    if (this.silences.some((one) => inside(one, atUs))) return "silent"
    if (this.nonsense.some((one) => inside(one, atUs))) return "notNumbers"
    return this.spikes.some((one) => inside(one, atUs)) ? "spiky" : "clear"
  }

  /** What a digest reads of a true number: 4 % of noise, and in spiky weather now and then ten times as much. */
  noisy(truth: number, scale: number, digest: number, channel: number, weather: Weather): number {
    const noise = 0.04 * scale * gaussianAt(this.seed * 7919 + channel, digest)
    const spike = weather === "spiky" && uniformAt(this.seed + 77 + channel, digest) < 0.2 ? 0.4 * scale : 0
    return truth + noise + (channel === 0 ? spike : -spike)
  }

  get endUs(): number {
    return this.days * DAY_US
  }
}
