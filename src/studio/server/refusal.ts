/** A request that is not answered as asked: what went wrong, in words for a person, and as an HTTP status. */
import type { OutgoingHttpHeaders } from "node:http"
import type { ApiError } from "../protocol/protocol.ts"

export type RefusalReason = ApiError["error"]

export const STATUS: Readonly<Record<RefusalReason, number>> = {
  badRequest: 400,
  unauthorised: 401,
  forbidden: 403,
  readOnly: 403,
  notFound: 404,
  wrongMethod: 405,
  conflict: 409,
  tooLarge: 413,
  upgradeRequired: 426,
  tooMany: 429,
  failed: 500,
}

export class Refusal extends Error {
  readonly reason: RefusalReason
  /** What the answer says besides, in headers. */
  readonly headers: OutgoingHttpHeaders

  constructor(reason: RefusalReason, message: string, headers: OutgoingHttpHeaders = {}) {
    super(message)
    this.name = "Refusal"
    this.reason = reason
    this.headers = headers
  }
}

/** What was asked does not fit how things stand. */
export const conflict = (message: string): Refusal => new Refusal("conflict", message)

/** A parameter that is a number, or `otherwise` when it is not given; a Refusal for anything else. */
export function numberOf(parameters: URLSearchParams, name: string, otherwise: number): number {
  const text = parameters.get(name)
  if (text === null || text === "") return otherwise
  const number = Number(text)
  if (Number.isFinite(number)) return number
  throw new Refusal("badRequest", `${name} must be a number, got ${JSON.stringify(text.slice(0, 40))}.`)
}

/** A parameter that is one of some words, undefined when it is not given; a Refusal for anything else. */
export function wordOf<W extends string>(
  parameters: URLSearchParams,
  name: string,
  words: ReadonlyArray<W>,
): W | undefined {
  const given = parameters.get(name)
  if (given === null || given === "") return undefined
  const word = words.find((one) => one === given)
  if (word !== undefined) return word
  const text = JSON.stringify(given.slice(0, 40))
  throw new Refusal("badRequest", `${name} must be one of ${words.join(", ")}, got ${text}.`)
}
