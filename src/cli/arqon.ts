/**
 * From arguments to an exit code. What a command refuses is a message on stderr; only a defect of arqon itself shows a
 * stack.
 */
import { causeText, StateFileError } from "../system/StateFileError.ts"
import { parseArguments } from "./arguments.ts"
import { DocumentError } from "../study/DocumentError.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { printError } from "./output.ts"

/** Runs the command and sets the exit code; what was printed is flushed by the time the process ends. */
export async function main(args: ReadonlyArray<string>): Promise<void> {
  // A reader that has seen enough (head) is no error of ours.
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code === "EPIPE") process.exit(EXIT.ok)
    printError(`The output could not be written:  ${causeText(cause)}`)
    process.exit(EXIT.badInput)
  })
  try {
    const parsed = await parseArguments(args)
    process.exitCode = typeof parsed === "number" ? parsed : await parsed()
  } catch (cause) {
    process.exitCode = report(cause)
  }
}

function report(cause: unknown): ExitCode {
  if (cause instanceof CliFailure) {
    printError(cause.message)
    return cause.exitCode
  }
  if (cause instanceof DocumentError) {
    printError(cause.message)
    return EXIT.badInput
  }
  if (cause instanceof StateFileError) {
    printError(cause.message)
    return cause.reason === "locked" ? EXIT.inUse : EXIT.badInput
  }
  throw cause
}
