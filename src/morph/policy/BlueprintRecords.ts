/**
 * What became of the grafts of each blueprint. A cull counts 1 and is forgiven by half every ten boundaries, so a blueprint that fails
 * again and again is avoided for longer each time, and none is given up for good. Time is the number of the boundary.
 */

/** Boundaries after which half of a cull is forgiven. */
export const HALF_LIFE_BOUNDARIES = 10

export interface BlueprintRecord {
  readonly blueprint: string
  readonly kept: number
  /** Sum of the shares by which those lowered the held-out loss. */
  readonly gainSum: number
  /** Culls as they stood at boundary `at`. */
  readonly culls: number
  readonly at: number
}

/** Culls that remain at a boundary, of those that stood at an earlier one. */
export const remaining = (culls: number, boundaries: number): number =>
  culls * 2 ** (-Math.max(0, boundaries) / HALF_LIFE_BOUNDARIES)

export class BlueprintRecords {
  private readonly records: Map<string, BlueprintRecord>

  constructor(records: ReadonlyArray<BlueprintRecord> = []) {
    this.records = new Map(records.map((record) => [record.blueprint, record]))
  }

  /** A graft became part of the host and lowered the held-out loss by this share. */
  kept(blueprint: string, gain: number): void {
    const record = this.recordOf(blueprint)
    this.records.set(blueprint, { ...record, kept: record.kept + 1, gainSum: record.gainSum + gain })
  }

  culled(blueprint: string, boundary: number): void {
    const record = this.recordOf(blueprint)
    const culls = 1 + remaining(record.culls, boundary - record.at)
    this.records.set(blueprint, { ...record, culls, at: boundary })
  }

  /** The part of a packet's catalogue entry that is history. */
  standing(
    blueprint: string,
    boundary: number,
  ): { readonly kept: number; readonly gain: number; readonly culls: number } {
    const { kept, gainSum, culls, at } = this.recordOf(blueprint)
    return { kept, gain: kept === 0 ? 0 : gainSum / kept, culls: remaining(culls, boundary - at) }
  }

  /** For a checkpoint; give it to the constructor to continue. */
  snapshot(): ReadonlyArray<BlueprintRecord> {
    return [...this.records.values()]
  }

  private recordOf(blueprint: string): BlueprintRecord {
    return this.records.get(blueprint) ?? { blueprint, kept: 0, gainSum: 0, culls: 0, at: 0 }
  }
}
