/**
 * The two lengths of a trust region: how far its box reaches, which follows success and failure, and the resolution it
 * works at, which only ever becomes finer. The box is never smaller than the resolution, so that rounding and ripples
 * finer than it do not end a descent early.
 *
 * Source: M. J. D. Powell, "The NEWUOA software for unconstrained optimization without derivatives" (2006), section 7.
 */

/** The box reaches at most half the cube either way. */
const WIDEST = 0.5

export class Resolution {
  /** Half the side of the trust box, and the resolution; unit space. */
  delta = 0
  rho = 0
  /** Where it ends. */
  private readonly final: number

  constructor(final: number) {
    this.final = final
  }

  begin(radius: number): void {
    this.delta = radius
    this.rho = radius
  }

  /** After a step of this length that gained `ratio` of what was promised. */
  judge(ratio: number, length: number): void {
    if (ratio > 0.7) this.reach(Math.min(WIDEST, Math.max(this.delta, 2 * length)))
    else if (ratio > 0.1) this.reach(Math.max(0.5 * this.delta, length))
    else this.reach(Math.max(0.5 * length, 0.25 * this.delta))
  }

  /** Comes nearer by a factor. */
  narrow(factor: number): void {
    this.reach(factor * this.delta)
  }

  /** A finer resolution; false when it is the finest already. */
  refine(): boolean {
    const ratio = this.rho / this.final
    if (ratio <= 1) return false
    const before = this.rho
    if (ratio <= 16) this.rho = this.final
    else if (ratio <= 250) this.rho = Math.sqrt(ratio) * this.final
    else this.rho = 0.1 * before
    this.delta = Math.max(0.5 * before, this.rho)
    return true
  }

  private reach(delta: number): void {
    this.delta = delta <= 1.5 * this.rho ? this.rho : delta
  }
}
