/** `arqon cluster prune`: removes the records of old weeks. Run it now and then; nothing else removes records. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { removeWeeks } from "../cluster/records/weeks.ts"
import { ready } from "../cluster/Storage.ts"
import { storageFailure } from "../cluster/storageFailure.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { oldStorageOf } from "./sharedStudy.ts"

export async function pruneCommand({
  storage,
  days,
}: {
  readonly storage: string | null
  readonly days: number
}): Promise<ExitCode> {
  const where = oldStorageOf(storage, "Name the storage of the cluster.")
  const removed = await Effect.runPromise(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.mapError(removeWeeks(sql, days), (error) => storageFailure(where.name, error)),
    ).pipe(
      Effect.provide(ready(where)),
      Effect.mapError(({ message }) => new CliFailure(message)),
    ),
  )
  print(
    removed === 0
      ? `${where.name}: no week is older than ${days} days.`
      : `${where.name}: removed the records of ${removed} ${removed === 1 ? "week" : "weeks"}.`,
  )
  return EXIT.ok
}
