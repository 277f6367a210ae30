/** A service that is over: what it measured is read from its record, and what the life cycle asks of it changes nothing. */
import type { Figures, Host, Socket } from "../contracts/Host.ts"
import { nextSlot } from "./slots.ts"
import { pipelineChecks, type PipelineThresholds } from "./pipelineOptions.ts"

export class RecordedHost implements Host {
  readonly checks: NonNullable<Host["checks"]>
  /** By slot, of the window that is repeated. */
  figures: ReadonlyMap<string, Figures> = new Map()
  private readonly slots: Array<string>

  constructor(sockets: ReadonlyArray<string>, thresholds: PipelineThresholds) {
    this.checks = pipelineChecks(thresholds)
    this.slots = [...sockets]
  }

  readonly sockets = (): ReadonlyArray<Socket> => this.slots.map((name) => ({ name, shape: [] }))
  // A record from before streams were counted has none.
  readonly measure = (slot: string): Figures => ({ streamsLeft: 0, ...this.figures.get(slot) })
  readonly keep = (slot: string): void => void this.slots.push(nextSlot(slot))
  readonly quarantine = (): void => {}
  readonly plant = (): void => {}
  readonly mode = (): void => {}
  readonly snapshot = (): void => {}
  readonly restore = (): void => {}
  readonly remove = (): void => {}
}
