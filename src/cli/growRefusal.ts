/** What a growing host or its library refuses, as the end of a command. */
import { GrowthError } from "../domain/GrowthError.ts"
import { CliFailure, type ExitCode } from "./exitCodes.ts"

/** What is refused has told its reasons; there is no stack to show. */
export async function refusing(command: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command()
  } catch (cause) {
    if (cause instanceof GrowthError)
      throw new CliFailure(
        cause.problems
          .map(({ path, message, suggestion = "" }) => `${path}: ${message} ${suggestion}`.trimEnd())
          .join("\n"),
      )
    throw cause
  }
}
