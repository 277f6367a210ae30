/** `arqon cluster epoch`: what a person does after a database was restored, once replicas know later epochs than it. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { raiseEpochs } from "../cluster/owners.ts"
import { ready } from "../cluster/Storage.ts"
import { storageFailure } from "../cluster/storageFailure.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { oldStorageOf } from "./sharedStudy.ts"

export async function epochCommand({
  storage,
  after,
}: {
  readonly storage: string | null
  readonly after: number
}): Promise<ExitCode> {
  const where = oldStorageOf(storage, "Name the storage of the cluster.")
  const raised = await Effect.runPromise(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.mapError(raiseEpochs(sql, after), (error) => storageFailure(where.name, error)),
    ).pipe(
      Effect.provide(ready(where)),
      Effect.mapError(({ message }) => new CliFailure(message)),
    ),
  )
  print(
    raised === 0
      ? `${where.name}: no epoch is below ${after}.`
      : `${where.name}: raised ${raised} ${raised === 1 ? "epoch" : "epochs"} to ${after}. Their next owners begin above it.`,
  )
  return EXIT.ok
}
