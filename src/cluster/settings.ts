/**
 * What all runners of a cluster must have alike, and for good: the first one writes it down, and every later one is refused where it has
 * something else. Two ideas of a key's bucket would give one key two engines.
 */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { StorageError } from "./StorageError.ts"
import { storageFailure } from "./storageFailure.ts"

/** A setting by its path in the options: `fleets.tenants.buckets`. */
export interface SharedSetting {
  readonly path: string
  readonly value: number
}

/** In how many buckets the keys of a fleet are. */
export const bucketsSetting = (fleet: string, value: number): SharedSetting => ({
  path: `fleets.${fleet}.buckets`,
  value,
})
const BUCKETS_PATH = /^fleets\.(.+)\.buckets$/s

/** The fleets of this database, and in how many buckets the keys of each are. */
export const fleetSizes = (sql: SqlClient): Effect.Effect<ReadonlyMap<string, number>, SqlError> =>
  Effect.map(
    sql<{ path: string; value: string }>`SELECT path, value FROM arqon_setting ORDER BY path`,
    (rows) =>
      new Map(
        rows.flatMap(({ path, value }) => {
          const [, fleet] = BUCKETS_PATH.exec(path) ?? []
          return fleet === undefined ? [] : [[fleet, Number(value)] as const]
        }),
      ),
  )

/** Fails with every setting that differs from what is written down in `storage`, and then writes nothing. */
export const agree = (
  storage: string,
  settings: ReadonlyArray<SharedSetting>,
): Effect.Effect<void, StorageError, SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const differences: Array<string> = []
    yield* sql.withTransaction(
      Effect.gen(function* () {
        for (const { path, value } of settings) {
          yield* sql`INSERT INTO arqon_setting (path, value) VALUES (${path}, ${String(value)}) ON CONFLICT (path) DO NOTHING`
          const [row] = yield* sql<{ value: string }>`SELECT value FROM arqon_setting WHERE path = ${path}`
          if (row.value !== String(value))
            differences.push(`${path} is ${value} here and ${row.value} in the cluster. Use ${row.value}.`)
        }
        if (differences.length > 0)
          return yield* new StorageError({ reason: "otherSettings", storage, detail: differences.join(" ") })
      }),
    )
  }).pipe(
    Effect.mapError((error) => (error instanceof StorageError ? error : storageFailure(storage, error))),
  )
