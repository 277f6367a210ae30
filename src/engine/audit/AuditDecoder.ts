/** Reads audit records off the ring: each field of a kind where `domain/records.ts` says that it lies. */
import {
  RECORD_CODE,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import { presetOf } from "../../control/guardrails.ts"
import { guardActText } from "../../control/runaway.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { byName } from "../../domain/listOf.ts"
import type { ParamSpace } from "../../domain/ParamSpace.ts"
import { AUDIT_KINDS, RECORD_ROWS, type RecordCell } from "../../domain/records.ts"
import { GUARD_ACTS } from "../../domain/words.ts"
import { DIGEST_EXTRAS_AT, DIGEST_PLACES } from "../../hot/digestRecord.ts"
import { type GuardNumber, readGuardRecord } from "../../hot/guardRecord.ts"
import { readGuardrails } from "../../hot/guardrailRecord.ts"

const numberOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

const orNull = <Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): Record<Name, number | null> => {
  const read = Object.entries<number>(numbers).map(([name, value]) => [name, numberOrNull(value)])
  return Object.fromEntries(read) as Record<Name, number | null>
}

const guardNumbers = (block: Float64Array, at: number): Record<GuardNumber, number | null> =>
  orNull(readGuardRecord(block, at))

/** By code. */
const FIELDS = RECORD_ROWS.map(({ fields }) => Object.entries(fields))
const DIGEST = Object.entries(DIGEST_PLACES)

/** Reads records of one run off the ring. */
export class AuditDecoder {
  private readonly run: string
  private readonly space: ParamSpace
  private readonly extras: ReadonlyArray<string>
  private readonly named: { readonly name?: string }

  constructor(run: string, { name, space, extras }: Pick<EngineSettings, "name" | "space" | "extras">) {
    this.run = run
    this.named = name === null ? {} : { name }
    this.space = space
    this.extras = extras
  }

  /** A copy in words of the record at `block[at]`. Of a kind that a newer build has added, the head alone. */
  decode(block: Float64Array, at: number): AuditRecord {
    const code = block[at + RECORD_KIND]
    const head = {
      run: this.run,
      ...this.named,
      seq: block[at + RECORD_SEQUENCE],
      kind: AUDIT_KINDS[code],
      atUs: block[at + RECORD_TIMESTAMP_US],
      generation: numberOrNull(block[at + RECORD_GENERATION]),
    }
    const record: AuditRecord & Record<string, unknown> = head
    for (const [name, cell] of FIELDS[code] ?? []) {
      const value = this.read(cell, block, at)
      if (value !== undefined) record[name] = value
    }
    return record
  }

  /** Undefined where the record says nothing of it. */
  private read(cell: RecordCell, block: Float64Array, at: number): unknown {
    switch (cell[0]) {
      case "word":
        return cell[2][block[at + cell[1]]] ?? cell[3]
      case "number":
        return numberOrNull(block[at + cell[1]])
      case "given":
        return numberOrNull(block[at + cell[1]]) ?? undefined
      case "index":
        return block[at + cell[1]] >= 0 ? block[at + cell[1]] : undefined
      case "hidden":
        return undefined
      case "knob":
        return this.space.names[block[at + RECORD_KNOB]]
      case "values": {
        const { names, table } = this.space
        return byName(names, (i) => numberOrNull(table.decode(i, block[at + RECORD_POINT + i])))
      }
      case "asked":
        return byName(this.space.names, (i) => numberOrNull(block[at + RECORD_POINT + i]))
      case "digest":
        return this.digest(block, at)
      case "guard":
        return guardNumbers(block, at)
      case "act":
        return guardActText(GUARD_ACTS[block[at + RECORD_CODE]] ?? "nothing", guardNumbers(block, at))
      case "preset":
        return presetOf(readGuardrails(block, at)) ?? undefined
      case "guardrails":
        return orNull({ ...readGuardrails(block, at) })
    }
  }

  /** The channels that were given, the objective always. */
  private digest(block: Float64Array, at: number): Readonly<Record<string, number | null>> {
    const channels = [
      ...DIGEST.map(([name, [, place]]) => [name, place] as const),
      ...this.extras.map((name, i) => [name, DIGEST_EXTRAS_AT + i] as const),
    ]
    const present = channels.filter(
      ([name, place]) => name === "objective" || !Number.isNaN(block[at + place]),
    )
    return Object.fromEntries(present.map(([name, place]) => [name, numberOrNull(block[at + place])]))
  }
}
