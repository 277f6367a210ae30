/** How often something may happen: so many times a second, and so many at once after a pause. Needed where strangers decide how often they ask. */
import { SECOND_US } from "../domain/Units.ts"

export class Allowance {
  private readonly perSecond: number
  private readonly most: number
  private left: number
  private seenUs = Number.NEGATIVE_INFINITY

  /** `most`: what may come at once after a pause. */
  constructor(perSecond: number, most: number) {
    this.perSecond = perSecond
    this.most = most
    this.left = most
  }

  /** How long until there is room, microseconds; 0: there is. Takes nothing. */
  waitUs(nowUs: number): number {
    this.refill(nowUs)
    return this.left >= 1 ? 0 : ((1 - this.left) / this.perSecond) * SECOND_US
  }

  /** Uses one up. */
  take(): void {
    this.left--
  }

  private refill(nowUs: number): void {
    // A clock that steps back gives nothing.
    const passedUs = Math.max(0, nowUs - this.seenUs)
    this.seenUs = Math.max(nowUs, this.seenUs)
    this.left = Math.min(this.most, this.left + (passedUs / SECOND_US) * this.perSecond)
  }
}
