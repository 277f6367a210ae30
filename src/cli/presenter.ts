/**
 * How help and wrong arguments are shown: help on stdout as it was asked for; a mistake as one short message on stderr,
 * with what was probably meant, instead of a page of help that hides it.
 */
import * as Effect from "effect/Effect"
import * as CliOutput from "effect/cli/CliOutput"
import type * as CliError from "effect/cli/CliError"
import { closest } from "../domain/closest.ts"
import { hasColours, note, print, printError } from "./output.ts"

/** @param onMistake called when what was presented was a mistake */
export const presenter = (onMistake: () => void): CliOutput.Presenter => ({
  present: (event) =>
    Effect.sync(() => {
      const format = CliOutput.defaultFormatter({ colors: hasColours(process.stdout), globalFlags: "none" })
      switch (event._tag) {
        case "Help":
          return help(format.formatHelpDoc(event.helpDoc).replace(/([^\n])\n(\S*EXAMPLES)/, "$1\n\n$2"))
        case "Version":
          return print(`${event.name} ${event.version}`)
        case "InvalidInvocation": {
          onMistake()
          const command = event.commandPath.join(" ")
          const known = [
            ...event.helpDoc.flags.map(({ name }) => `--${name}`),
            ...(event.helpDoc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name)),
          ]
          for (const error of event.errors) printError(mistakeText(error, command, known))
          return note(`Usage: ${event.helpDoc.usage}\nRun "${command} --help" for more.`)
        }
      }
    }),
})

/** In the formatter's own colours; no word in it is of others' making. */
const help = (text: string): void => void process.stdout.write(`${text}\n`)

function mistakeText(
  error: CliError.NonShowHelpErrors,
  command: string,
  known: ReadonlyArray<string>,
): string {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `${command} has no flag ${error.option}.${meant(error.option, known)}`
    case "UnknownSubcommand":
      return `There is no command ${JSON.stringify(error.subcommand)}.${meant(error.subcommand, known)}`
    case "MissingOption":
      return `${command} needs --${error.option}.`
    case "MissingArgument":
      return `${command} needs <${error.argument}>.`
    case "UnexpectedArgument":
      return `${command} takes no argument like ${error.arguments.map((one) => JSON.stringify(one)).join(", ")}.`
    case "InvalidValue": {
      const what = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
      const given = error.value === "" ? "no value was given" : `got ${JSON.stringify(error.value)}`
      return `${what} must be ${expectedText(error.expected)}; ${given}.`
    }
    default:
      return error.message
  }
}

function meant(word: string, known: ReadonlyArray<string>): string {
  const near = closest(word, known)
  return near === null ? "" : ` Did you mean ${near}?`
}

/** effect/cli's own wording, such as "Expected integer", in ours. */
function expectedText(expected: string): string {
  return expected
    .replace(/^Failed to check path existence.*$/s, "a path")
    .replace(/^Expected:? ?/, "")
    .replace(/[.,;]+$/, "")
    .replaceAll('" | "', '", "')
    .replace(/, ("[^"]*")$/, " or $1")
}
