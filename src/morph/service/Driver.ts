/**
 * Where a growing host trains: in the thread that asks (`InlineDriver`), or in one of its own that is replaced when it hangs. What is
 * asked of either is the same, and a boundary that another thread takes is a promise.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import type { GrowthBoundary, SocketView } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { perform, type PersonCommand } from "../growth/PersonCommand.ts"
import type { PartView } from "../growth/partViews.ts"
import type { Score } from "../neural/scores.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { CoreMaker, CoreParts, Keeper } from "./Keeper.ts"
import type { KernelsView } from "./kernelsView.ts"
import type { PolicySlot } from "./policySlot.ts"

/** What can be seen of a host between two boundaries. */
export interface DriverView {
  readonly epoch: number
  readonly mode: GrowthBoundary["mode"]
  readonly sockets: ReadonlyArray<SocketView>
  readonly parameters: number
  readonly fingerprint: string
  readonly kernels?: KernelsView
}

/** A thread that trained was replaced by another one. */
export interface Replacement {
  /** The boundary that it goes on from. */
  readonly after: number
  readonly why: string
}

export interface Driver {
  readonly open: () => Promise<void>
  readonly next: () => GrowthBoundary | Promise<GrowthBoundary>
  /** Carries a command out; where it is kept, it resolves when it would survive a loss of power. */
  readonly command: (asked: PersonCommand) => Promise<number>
  readonly view: DriverView
  readonly parts: ReadonlyArray<PartView>
  readonly reports: ReadonlyArray<GrowthReport>
  readonly test: Score | null
  readonly predict: (rows: Float32Array) => Float32Array
  readonly close: () => Promise<void>
}

export class InlineDriver implements Driver {
  protected readonly maker: CoreMaker
  private readonly slot: PolicySlot
  protected readonly keeper: Keeper | null
  protected readonly coreParts: CoreParts
  protected core: GrowthCore

  constructor(maker: CoreMaker, slot: PolicySlot, keeper: Keeper | null, now: () => number) {
    this.maker = maker
    this.slot = slot
    this.keeper = keeper
    this.coreParts = { now, policy: slot.source }
    this.core = maker.make(this.coreParts)
  }

  async open(): Promise<void> {
    try {
      await this.slot.start()
      if (this.keeper !== null) this.core = await this.keeper.open(this.maker, this.coreParts)
    } catch (error) {
      await this.slot.close()
      throw error
    }
  }

  next(): GrowthBoundary {
    this.keeper?.ready()
    const boundary = this.core.next()
    this.keeper?.boundary(boundary)
    return boundary
  }

  async command(asked: PersonCommand): Promise<number> {
    this.keeper?.ready()
    let result: number
    try {
      result = perform(this.core, asked)
    } catch (error) {
      if (error instanceof GrowthError) await this.keeper?.command(asked, error.message)
      throw error
    }
    await this.keeper?.command(asked, null)
    return result
  }

  get view(): DriverView {
    return viewOf(this.core)
  }

  get parts(): ReadonlyArray<PartView> {
    return this.core.parts
  }

  get reports(): ReadonlyArray<GrowthReport> {
    return [...(this.keeper?.reports ?? []), ...this.core.reports]
  }

  get test(): Score | null {
    return this.core.host.testScore()
  }

  predict(rows: Float32Array): Float32Array {
    return this.core.host.predict(rows)
  }

  async close(): Promise<void> {
    try {
      await this.keeper?.close()
    } finally {
      await this.slot.close()
    }
  }
}

export const viewOf = (core: GrowthCore): DriverView => ({
  epoch: core.epochs,
  mode: core.mode,
  sockets: core.sockets,
  parameters: core.host.parameters,
  fingerprint: core.host.fingerprint(),
})
