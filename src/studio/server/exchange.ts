/** Reading requests and writing answers: what every path of the studio has in common. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import { type ApiError, MOST_BODY_BYTES } from "../protocol/protocol.ts"
import { Refusal, STATUS } from "./refusal.ts"
import type { StaticFile } from "./staticFiles.ts"

/** The path as it was asked, never taken for one of the disk, nor for another server's. */
export function urlOf({ url = "" }: IncomingMessage): URL {
  if (!url.startsWith("/")) throw new Refusal("badRequest", "The address must be a path.")
  return new URL(`http://studio${url}`)
}

/** What is left of the body is not read. */
const tooLarge = new Refusal("tooLarge", `A body has at most ${MOST_BODY_BYTES} bytes.`, {
  connection: "close",
})

/** The body as JSON. Rejects with a Refusal where it is none, or too long. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json *(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new Refusal("badRequest", "Send JSON, with content-type: application/json.")
  }
  const chunks: Array<Buffer> = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_BODY_BYTES) throw tooLarge
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"))
  } catch {
    throw new Refusal("badRequest", "The body must be JSON.")
  }
}

/** What went wrong, to who asked. */
export function refuse(response: ServerResponse, error: unknown): void {
  const known = error instanceof Refusal
  // What went wrong inside is nobody's business outside.
  const body: ApiError = known
    ? { error: error.reason, message: error.message }
    : { error: "failed", message: "The server could not answer this." }
  const text = JSON.stringify(body)
  response.writeHead(STATUS[body.error], {
    ...(known ? error.headers : {}),
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  })
  response.end(text)
}

export const sendJson = (response: ServerResponse, value: unknown): void =>
  sendText(response, "application/json", JSON.stringify(value))

export function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  })
  response.end(text)
}

export function sendFile(
  response: ServerResponse,
  { type, body, forever }: StaticFile,
  status = 200,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    ...headers,
    "content-type": type,
    "content-length": body.length,
    "cache-control": forever ? "public, max-age=31536000, immutable" : "no-cache",
  })
  response.end(body)
}
