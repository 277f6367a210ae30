/** What all requests at a gateway have in common: how bodies are read, and how refusals are put. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { didYouMean, problem } from "../../domain/problems.ts"
import { attempt } from "../../domain/readInput.ts"
import { MOST_BODY_BYTES, readBody, send } from "../../replica/httpReports.ts"
import type { Right, Subject } from "./access.ts"
import { type CandidateField, readNote, type Said } from "./commandNote.ts"

/** Whether the request's token allows this; refuses the request where it does not. */
export type May = (subject: Subject, right: Right) => boolean

export const refuse = (
  response: ServerResponse,
  status: number,
  error: string,
  retryAfterMs?: number,
): void => {
  if (response.headersSent) return void response.end()
  send(response, status, { error, problems: [], ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** What an error says, as answers have it: without a capital, and without the full stop that who shows it sets. */
export const errorText = ({ message }: Error): string =>
  `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/\.$/, "")

/** The whole body; null: it was too large, and the request is refused. `path`: where the request went. */
export async function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<string | null> {
  const text = await new Promise<string | null>((resolve) => readBody(request, resolve))
  if (text === null)
    send(response, 413, {
      error: `the body of ${path} is too large`,
      problems: [problem([], `has more than ${MOST_BODY_BYTES} bytes.`, "Send less at once.")],
    })
  return text
}

/** A name out of a path; null: it cannot be decoded. */
export const nameIn = (part: string): string | null => attempt(() => decodeURIComponent(part))

export const unknownText = (what: string, word: string, known: ReadonlyArray<string>): string =>
  ["there is no such ", what, ". ", didYouMean(word, known) ?? ""].join("").trim()

/** Who asks, why and under which key, and the candidate in the body of a command; null: the request was refused. */
export async function saidIn(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  field: CandidateField | "none" = "none",
): Promise<{ readonly said: Said; readonly given: unknown } | null> {
  const text = await bodyOf(request, response, path)
  if (text === null) return null
  const body = text === "" ? {} : attempt(() => JSON.parse(text) as unknown)
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    refuse(response, 400, "the body must be a JSON object of by, note and key")
    return null
  }
  const read = readNote(body, field)
  if (read.ok) {
    const { given, ...said } = read.value
    return { said, given }
  }
  send(response, 400, { error: "this is no command", problems: read.problems })
  return null
}
