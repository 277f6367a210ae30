/**
 * A host in this thread that can go on after a boundary broke off: it keeps where it stood at the last good one. That costs a copy a
 * boundary, so only a supervised host is made this way.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { coreStanding, type CoreStanding } from "../growth/standing.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import { coreFrom } from "./coreFrom.ts"
import { InlineDriver } from "./Driver.ts"

export class SupervisedDriver extends InlineDriver {
  private good: CoreStanding | null = null

  override async open(): Promise<void> {
    await super.open()
    this.keep()
  }

  override next(): GrowthBoundary {
    const boundary = super.next()
    this.keep()
    return boundary
  }

  override async command(asked: PersonCommand): Promise<number> {
    const result = await super.command(asked)
    this.keep()
    return result
  }

  /** Goes on from the last good boundary, with the alarm raised; true where it could, and was needed. */
  recover(level: "elevated" | "halt"): boolean {
    const { good } = this
    if (good === null || this.core.isWhole) return false
    const standing = structuredClone(good)
    this.core = this.keeper?.again(standing) ?? coreFrom(this.maker, this.coreParts, standing)
    this.core.emergency.raise(level, "hotDied", this.core.epochs)
    if (level === "elevated") return true
    try {
      // It hears that it is halted, and refuses.
      this.core.next()
    } catch (error) {
      if (!(error instanceof GrowthError)) throw error
    }
    return true
  }

  private keep(): void {
    if (this.core.isWhole) this.good = structuredClone(coreStanding(this.core))
  }
}
