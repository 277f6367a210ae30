/** The records of an owner on their way to the database, as a sink of its audit. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { AuditError } from "../../domain/errors.ts"
import type { AuditSink } from "../../engine/audit/AuditSink.ts"
import type { Ownership } from "../Epochs.ts"
import type { FencedError } from "../FencedError.ts"
import type { OwnedThing } from "../owners.ts"
import { storageFailure } from "../storageFailure.ts"
import { type RecordsFormat, RecordsWriter } from "./RecordsWriter.ts"

/** Where records are kept, and how. */
export interface RecordsPlace {
  /** Of the storage, for people. */
  readonly storage: string
  readonly format: RecordsFormat
}

export interface RecordsSinkOptions {
  readonly thing: OwnedThing
  readonly ownership: Ownership
  readonly place: RecordsPlace
  readonly clock: Clock.Clock
  /**
   * What becomes of records once another owner has the place. `drop`: this owner ends by itself, and nothing of it counts. `fail`: nobody ends
   * it, so its audit fills up and halts adaptation.
   */
  readonly afterFence: "drop" | "fail"
}

const NAME = "records"

/** Keeps exact records under the epoch of an owner. */
export function recordsSink(options: RecordsSinkOptions): AuditSink {
  const { thing, ownership, place, clock, afterFence } = options
  const { storage, format } = place
  const nowUs = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1000
  const writer = new RecordsWriter(thing, ownership, format, nowUs)
  let fenced: FencedError | null = null
  const attempt = (
    reason: AuditError["reason"],
    work: () => Effect.Effect<void, FencedError | SqlError>,
  ): Effect.Effect<void, AuditError> =>
    Effect.suspend(() => (fenced === null ? work() : Effect.fail(fenced))).pipe(
      Effect.catchTag("FencedError", (error) => {
        fenced = error
        return afterFence === "drop" ? Effect.void : Effect.fail(error)
      }),
      Effect.mapError((error) => {
        const detail = error._tag === "FencedError" ? error.message : storageFailure(storage, error).message
        return new AuditError({ reason, sink: NAME, detail })
      }),
    )
  return {
    name: NAME,
    location: `${storage}, ${thing.kind} ${thing.name}`,
    exact: true,
    write: (batch, exact = []) => attempt("write", () => writer.write(batch, exact)),
    close: attempt("close", () => writer.close()),
    trouble: () => fenced?.message ?? null,
  }
}
