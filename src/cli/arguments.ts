/**
 * Reads the arguments with effect/cli. The outcome is something to do or, where help was asked for or the arguments are
 * wrong and that has been said, the exit code.
 */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { commandTree } from "./commands.ts"
import type { Action } from "./action.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { presenter } from "./presenter.ts"
import { services } from "./services.ts"
import { packageVersion } from "../system/version.ts"

export async function parseArguments(args: ReadonlyArray<string>): Promise<Action | ExitCode> {
  const outcome: { chosen: Action | null; wrong: boolean } = { chosen: null, wrong: false }
  const shown = presenter(() => {
    outcome.wrong = true
  })
  await read(args, shown, (action) => {
    outcome.chosen = action
  })
  return outcome.wrong ? EXIT.usage : (outcome.chosen ?? EXIT.ok)
}

/** What `arqon ... --help` says, as data: for the reference page. */
export async function helpDocOf(path: ReadonlyArray<string>): Promise<HelpDoc | null> {
  const docs: Array<HelpDoc> = []
  const kept: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") docs.push(event.helpDoc)
      }),
  }
  await read([...path, "--help"], kept, () => {})
  return docs[0] ?? null
}

function read(
  args: ReadonlyArray<string>,
  shown: CliOutput.Presenter,
  choose: (action: Action) => void,
): Promise<void> {
  const program = Command.runWith(commandTree(choose), { version: packageVersion() })(args).pipe(
    Effect.provide(
      Layer.mergeAll(
        services,
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
        CliOutput.layerPresenter(shown),
      ),
    ),
    // Help that nobody asked for, as for `arqon` alone, comes as an error too; both have been shown by now.
    Effect.catchTag("ShowHelp", () => Effect.void),
  )
  return Effect.runPromise(program)
}
