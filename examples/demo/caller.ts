/**
 * One caller of the quote service: keeps a connection and asks again as soon as it is answered. Written out on a socket because
 * the demo is part of the package, and a load generator is no dependency that a user of Arqon should install. It reads what the
 * service sends and nothing more: a status, headers, and a body of a stated length.
 */
import { connect, type Socket } from "node:net"

/** What a caller sees of one answer. */
export interface Answer {
  readonly startedMs: number
  readonly status: number
  /** Of the quote in it; 0 where there is none. */
  readonly ageMs: number
}

export interface CallerOptions {
  readonly port: number
  /** The path of the next question. */
  readonly nextPath: () => string
  readonly onAnswer: (answer: Answer) => void
  /** A connection that failed; the caller takes a new one. */
  readonly onError: () => void
}

/** Before a caller whose connection failed tries again. */
const RETRY_MS = 100
const END_OF_HEAD = "\r\n\r\n"

/** The first whole answer in a text, and where it ends; null while it is not whole. */
export function readAnswer(
  text: string,
): { readonly status: number; readonly ageMs: number; readonly end: number } | null {
  const headEnd = text.indexOf(END_OF_HEAD)
  if (headEnd < 0) return null
  const head = text.slice(0, headEnd)
  const header = (name: string): number =>
    Number(new RegExp(`^${name}: *([\\d.]+)`, "im").exec(head)?.[1] ?? Number.NaN)
  const length = header("content-length")
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? Number.NaN)
  if (!Number.isInteger(length) || !Number.isInteger(status))
    throw new Error("an answer without a status or a length")
  const end = headEnd + END_OF_HEAD.length + length
  const ageMs = header("x-age-ms")
  return text.length < end ? null : { status, ageMs: Number.isNaN(ageMs) ? 0 : ageMs, end }
}

/** Begins to ask, and returns what ends it. */
export function startCaller({ port, nextPath, onAnswer, onError }: CallerOptions): () => void {
  let stopped = false
  let socket: Socket
  let startedMs = 0
  let text = ""
  const ask = (): void => {
    startedMs = performance.now()
    // What proxies add, so that a service can tell how long a request waited before anybody read it.
    const start = (performance.timeOrigin + startedMs).toFixed(3)
    socket.write(`GET ${nextPath()} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-start: ${start}\r\n\r\n`)
  }
  const open = (): void => {
    text = ""
    socket = connect({ port, host: "127.0.0.1", noDelay: true })
    // The length of an answer counts bytes: in this encoding a byte is a character.
    socket.setEncoding("latin1")
    socket.on("connect", ask)
    socket.on("data", (chunk: string) => {
      text += chunk
      const answer = readAnswer(text)
      if (answer === null) return
      text = text.slice(answer.end)
      onAnswer({ startedMs, status: answer.status, ageMs: answer.ageMs })
      if (!stopped) ask()
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      if (stopped) return
      onError()
      setTimeout(() => stopped || open(), RETRY_MS)
    })
  }
  open()
  return () => {
    stopped = true
    socket.destroy()
  }
}
