/** The variant catalogue of a cluster: a store over its own database, so that a campaign's step and the variant's are one transaction. */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { VariantError } from "../../domain/errors.ts"
import { readText } from "../../domain/readInput.ts"
import {
  type VariantRecord,
  VariantRecordShape,
  type VariantTransition,
  VariantTransitionShape,
} from "../../domain/Variant.ts"
import type { VariantStore } from "../../engine/relocation/VariantStore.ts"
import { storageFailure } from "../storageFailure.ts"

/** @param storage its name, for people */
export function sqlVariants(sql: SqlClient.SqlClient, storage: string): VariantStore {
  const orFail = <A>(work: Effect.Effect<A, SqlError | VariantError>): Effect.Effect<A, VariantError> =>
    Effect.catchTag(work, "SqlError", (cause) => failed("", storageFailure(storage, cause).message))
  const recordOf = ({ name, record }: VariantRow): Effect.Effect<VariantRecord, VariantError> => {
    const read = readText(VariantRecordShape, record)
    return read === null ? failed(name, "its record cannot be read.") : Effect.succeed(read)
  }
  const all = (rows: ReadonlyArray<VariantRow>) => Effect.forEach(rows, recordOf)
  return {
    name: storage,
    read: (variant) =>
      orFail(
        Effect.flatMap(
          sql<VariantRow>`SELECT name, record FROM arqon_variant WHERE name = ${variant}`,
          ([row]) => (row === undefined ? Effect.succeed(null) : recordOf(row)),
        ),
      ),
    list: orFail(Effect.flatMap(sql<VariantRow>`SELECT name, record FROM arqon_variant ORDER BY name`, all)),
    live: orFail(
      Effect.flatMap(
        sql<VariantRow>`SELECT name, record FROM arqon_variant
          WHERE state IN ('approved', 'promoted') ORDER BY name`,
        all,
      ),
    ),
    revision: orFail(
      Effect.map(sql<{ last: unknown }>`SELECT max(n) AS last FROM arqon_variant_step`, ([{ last }]) =>
        String(last),
      ),
    ),
    commit: (record, transition) => orFail(commit(sql, record, transition)),
    history: (variant) =>
      orFail(
        Effect.flatMap(
          variant === undefined
            ? sql<StepRow>`SELECT variant, body FROM arqon_variant_step ORDER BY n`
            : sql<StepRow>`SELECT variant, body FROM arqon_variant_step WHERE variant = ${variant} ORDER BY n`,
          Effect.forEach(stepOf),
        ),
      ),
    close: Effect.void,
  }
}

interface VariantRow {
  readonly name: string
  readonly record: string
}

interface StepRow {
  readonly variant: string
  readonly body: string
}

/** False, and nothing is changed, where the version is not the next one any more. */
const commit = (
  sql: SqlClient.SqlClient,
  record: VariantRecord,
  transition: VariantTransition,
): Effect.Effect<boolean, SqlError> => {
  const { name, version, state } = record
  const text = JSON.stringify(record)
  return sql.withTransaction(
    Effect.gen(function* () {
      const kept =
        version === 1
          ? yield* sql`INSERT INTO arqon_variant (name, version, state, record)
              VALUES (${name}, ${version}, ${state}, ${text}) ON CONFLICT (name) DO NOTHING RETURNING name`
          : yield* sql`UPDATE arqon_variant SET version = ${version}, state = ${state}, record = ${text}
              WHERE name = ${name} AND version = ${version - 1} RETURNING name`
      if (kept.length === 0) return false
      yield* sql`INSERT INTO arqon_variant_step (variant, body) VALUES (${name}, ${JSON.stringify(transition)})`
      return true
    }),
  )
}

const stepOf = ({ variant, body }: StepRow): Effect.Effect<VariantTransition, VariantError> => {
  const read = readText(VariantTransitionShape, body)
  return read === null ? failed(variant, "a step of its history cannot be read.") : Effect.succeed(read)
}

const failed = (variant: string, message: string): Effect.Effect<never, VariantError> =>
  Effect.fail(new VariantError({ reason: "store", variant, problems: [{ path: "", message }] }))
