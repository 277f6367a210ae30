/**
 * Reads the arguments with effect/cli. The outcome is something to do or, where help was asked for or the arguments are
 * wrong and that has been said, the exit code.
 */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Action, commandTree } from "./commands.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { presenter } from "./presenter.ts"
import { services } from "./services.ts"
import { packageVersion } from "./version.ts"

export async function parseArguments(args: ReadonlyArray<string>): Promise<Action | ExitCode> {
  let chosen: Action | null = null
  let wrong = false
  const tree = commandTree((action) => {
    chosen = action
  })
  const program = Command.runWith(tree, { version: packageVersion() })(args).pipe(
    Effect.provide(
      Layer.mergeAll(
        services,
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
        CliOutput.layerPresenter(
          presenter(() => {
            wrong = true
          }),
        ),
      ),
    ),
    // Help that nobody asked for, as for `arqon` alone, comes as an error too; both have been shown by now.
    Effect.catchTag("ShowHelp", () => Effect.void),
  )
  await Effect.runPromise(program)
  return wrong ? EXIT.usage : (chosen ?? EXIT.ok)
}
