/** `arqon cluster ...`: its flags and examples. */
import * as Command from "effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { storage } from "./flags.ts"

export function clusterTree(doing: (action: Action) => Effect.Effect<void>) {
  const migrate = Command.make("migrate", { storage }, (flags) =>
    doing(async () => (await import("./migrateCommand.ts")).migrateCommand(flags)),
  ).pipe(
    Command.withDescription("Make the tables of a database, or bring them up to this version"),
    Command.withExamples([{ command: "ARQON_STORAGE=postgres://… arqon cluster migrate" }]),
  )

  return Command.make("cluster").pipe(
    Command.withDescription("What several processes share: the tables in their database"),
    Command.withSubcommands([migrate]),
  )
}
