/** `arqon cluster migrate`: the one command that makes and changes tables. */
import * as Effect from "effect/Effect"
import { migrate } from "../cluster/Storage.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { storageOf } from "./sharedStudy.ts"

export async function migrateCommand({ storage }: { readonly storage: string | null }): Promise<ExitCode> {
  const where = storageOf(storage)
  const steps = await Effect.runPromise(
    Effect.mapError(migrate(where), ({ message }) => new CliFailure(message)),
  )
  print(`${where.name}: ${steps.length === 0 ? "up to date" : `made ${steps.join(", ")}`}.`)
  return EXIT.ok
}
