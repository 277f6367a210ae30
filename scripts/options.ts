/**
 * The options of a benchmark, read the same way by all of them: `--help` prints how it is run, and what it does not understand
 * ends it with a sentence and exit code 2, before anything has been measured.
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util"

const isParseError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")

/** Ends the program: `sentence` on the error output, with where to look. */
export function refuse(sentence: string): never {
  console.error(`${sentence}\nTry --help.`)
  process.exit(2)
}

/** The values of `options` on the command line. `--help` and `-h` print `usage` and end the program. */
export function readOptions<const T extends ParseArgsOptionsConfig>(usage: string, options: T) {
  try {
    const { help, ...values } = parseArgs({
      options: { ...options, help: { type: "boolean", short: "h", default: false } },
    }).values as ReturnType<typeof parseArgs<{ options: T }>>["values"] & { help: boolean }
    if (!help) return values
    console.log(usage)
    process.exit(0)
  } catch (error) {
    // The second sentence of such a message tells how to quote what nobody meant to quote.
    if (isParseError(error)) refuse(`${error.message.split(/\.(?:\s|$)/u)[0]}.`)
    throw error
  }
}

/** `text` as a whole number from `least`; ends the program where it is none. */
export function whole(name: string, text: string, least = 1): number {
  const number = Number(text)
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= least) return number
  return refuse(`--${name} wants a whole number from ${least}, not ${JSON.stringify(text)}.`)
}

/** The numbers in `text`, with commas between them; ends the program where one is negative or none. */
export function numbers(name: string, text: string): ReadonlyArray<number> {
  const all = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)))
  if (all.every((number) => Number.isFinite(number) && number >= 0)) return all
  return refuse(`--${name} wants numbers from 0 with commas between them, not ${JSON.stringify(text)}.`)
}

/** `text` where it is one of `choices`; ends the program where it is not. */
export function oneOf<const C extends string>(name: string, text: string, choices: ReadonlyArray<C>): C {
  const choice = choices.find((one) => one === text)
  return choice ?? refuse(`--${name} wants one of ${choices.join(", ")}, not ${JSON.stringify(text)}.`)
}
