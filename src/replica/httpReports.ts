/** Reports over `node:http`: how their bodies are read, their tokens compared and their answers sent. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { problem } from "../domain/problems.ts"

/** The most that a request may carry, bytes. */
export const MOST_BODY_BYTES = 65_536

/** The answer to a larger one. */
export const TOO_LARGE = {
  error: "the report is too large",
  problems: [
    problem([], `has more than ${MOST_BODY_BYTES} bytes.`, "Merge windows of one configuration into one."),
  ],
} as const

/** Compares without telling by the time it takes where two texts begin to differ. */
export function sameText(a: string, b: string): boolean {
  let differs = a.length ^ b.length
  for (let i = 0; i < b.length; i++) differs |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i)
  return differs === 0
}

/** The whole body, or null for one that is too large. */
export function readBody(request: IncomingMessage, done: (text: string | null) => void): void {
  const chunks: Array<Uint8Array> = []
  let size = 0
  request.on("data", (chunk: Uint8Array) => {
    size += chunk.length
    if (size <= MOST_BODY_BYTES) chunks.push(chunk)
  })
  request.on("end", () => {
    if (size > MOST_BODY_BYTES) return done(null)
    const decoder = new TextDecoder()
    done(chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode())
  })
}

/**
 * Ends the connection with this answer. Behind a balancer a connection that is kept leads to this process for good, and another one may
 * do what this one cannot. HTTP/2 has no such header.
 */
export function leadElsewhere(response: ServerResponse): void {
  if (response.req.httpVersionMajor < 2) response.setHeader("connection", "close")
}

/**
 * Answers with JSON; where the body says when to come again, a header says it too. One that cannot answer keeps no connection, so that
 * the next request may reach another one.
 */
export function send(response: ServerResponse, status: number, body: object): void {
  if (status === 503) leadElsewhere(response)
  const text = JSON.stringify(body)
  // With its length it is one write; without, it is three chunks.
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  }
  const { retryAfterMs } = body as { readonly retryAfterMs?: number }
  // Whole seconds, as HTTP has it.
  const later = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }
  response.writeHead(status, { ...headers, ...later })
  response.end(text)
}
