/** An audit record in one line for people: what happened, and the figures that matter, in the knobs' own units, as this page writes them. */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { lineOfRecord } from "../../../domain/recordTexts.ts"
import type { KnobEntry } from "../../protocol/protocol.ts"
import { figure, isolated } from "../core/format.ts"

export type Knobs = ReadonlyArray<KnobEntry>

/** The value at a unit position, on the knob's grid. */
export function decodeKnob({ min, max, scale, step }: KnobEntry, unit: number): number {
  const value = scale === "log" ? min * (max / min) ** unit : min + unit * (max - min)
  return step === null ? value : Math.min(max, min + Math.round((value - min) / step) * step)
}

export function decoderOf(knobs: Knobs): (name: string, unit: number | null) => number | null {
  return (name, unit) => {
    const knob = knobs.find((one) => one.name === name)
    return knob === undefined || unit === null ? unit : decodeKnob(knob, unit)
  }
}

export const lineOf = (record: AuditRecord, knobs: Knobs): string =>
  lineOfRecord(record, { figure, own: isolated, decode: decoderOf(knobs) })
