/**
 * What a web handler answers, as a value. A handler that writes into a response can run once only; one whose answer is a value can be
 * called twice, compared, and replaced while it runs: `fromExpress`, `fromFastify` and `fromHono` make such functions of handlers.
 */

/** One answer: its status, its headers by name in lower case, and all of its body. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly body: unknown
}

/** One request as the function of a handler gets it. Plain parts are copied for a mirror; the rest is what the framework made. */
export interface HttpExchange<Request, Response> {
  readonly request: Request
  readonly response: Response
  /** The parsed body, if something has parsed it. */
  readonly body: unknown
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
}

/** A handler's answer with a status of 500 or more: a failure, and what to send where nobody else answers. */
export class FailedReplyError extends Error {
  override readonly name = "FailedReplyError"
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`The handler answered with status ${reply.status}.`)
    this.reply = reply
  }
}

/** The answer, unless it says that the handler failed. */
export function unlessFailed(reply: Reply): Reply {
  if (reply.status >= 500) throw new FailedReplyError(reply)
  return reply
}

const utf8 = new TextEncoder()

const bytesOf = (body: unknown): Uint8Array => {
  if (body instanceof Uint8Array) return body
  return utf8.encode(typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body))
}

function isSameBody(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string") return a === b
  const [one, other] = [bytesOf(a), bytesOf(b)]
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

/**
 * Whether two answers are as good as the same: status, content type and body; for `agree` of a piece. Null, which says that a handler
 * passed its request on, equals null.
 */
export function sameReply(a: Reply | null, b: Reply | null): boolean {
  if (a === null || b === null) return a === b
  const type = ({ headers }: Reply): string => String(headers["content-type"] ?? "")
  return a.status === b.status && type(a) === type(b) && isSameBody(a.body, b.body)
}

/** Chunks of a body as one: text where all of them are. */
export function joined(chunks: ReadonlyArray<string | Uint8Array>): string | Uint8Array {
  if (chunks.every((chunk) => typeof chunk === "string")) return chunks.join("")
  const parts = chunks.map((chunk) => (typeof chunk === "string" ? utf8.encode(chunk) : chunk))
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
