/** What a person says with a command to a cluster: read in one way, whether it comes from the program or over HTTP. */
import { ConfigError } from "../../domain/errors.ts"
import { problem, show, tidy } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import { anything, object, optional, type Reading, string, text } from "../../domain/Shape.ts"

/** Who asks and why, and the key under which the command is carried out once. Default: another key for each call. */
export type CommandNote =
  | string
  | {
      readonly by?: string | undefined
      readonly note?: string | undefined
      readonly key?: string | undefined
    }

/** The same with nothing left out. */
export type Said = Readonly<Record<"by" | "note" | "key", string>>

/** All of it is saved with the tuner, 256 times. */
const MOST_TEXT = 1000

const FIELDS = {
  by: optional(text(MOST_TEXT)),
  note: optional(text(MOST_TEXT)),
  key: optional(
    string({
      expected: `a text of 1 to ${MOST_TEXT} characters`,
      holds: ({ length }) => length >= 1 && length <= MOST_TEXT,
    }),
  ),
}

/** What goes with a command besides the note: a field of this name in its body. */
export type CandidateField = "values" | "variant"

const SHAPES = {
  none: object(FIELDS),
  values: object({ ...FIELDS, values: optional(anything) }),
  variant: object({ ...FIELDS, variant: optional(anything) }),
} as const

/** The note in an object, with the field of a candidate where there may be one; or everything that is wrong with it. Total. */
export function readNote(
  input: unknown,
  field: CandidateField | "none" = "none",
): Reading<Said & { readonly given: unknown }> {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return { ok: false, problems: [problem([], `must be a text, or by, note and key, got ${show(input)}.`)] }
  const read = readTotally<Readonly<Record<string, unknown>>>(SHAPES[field], input)
  if (!read.ok) return { ok: false, problems: tidy(read.problems) }
  const { by = "", note = "", key = crypto.randomUUID(), [field]: given } = read.value
  return { ok: true, value: { by, note, key, given } as Said & { readonly given: unknown } }
}

/** What a program says. Throws a ConfigError with every problem. */
export function saidOf(said: CommandNote = {}): Said {
  const read = readNote(typeof said === "string" ? { note: said } : said)
  if (!read.ok) throw new ConfigError({ problems: read.problems })
  const { by, note, key } = read.value
  return { by, note, key }
}
