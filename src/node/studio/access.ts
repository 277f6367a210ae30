/**
 * Who may talk to the studio. A page of another site must not reach it, neither by sending a person's browser here (Origin), nor by
 * giving its own name this machine's address (Host); and from elsewhere than this machine nobody without the token.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { Refusal } from "./refusal.ts"

const COOKIE = "arqon_studio"
/** A browser is let in so long after the token was given. */
const SESSION_MS = 12 * 3600 * 1000
const MOST_SESSIONS = 64
/** Wrong tokens in a minute, from anybody, before nobody is heard for the rest of it. */
const MOST_FAILURES = 10
const MINUTE_MS = 60_000
/** Shorter tokens can be guessed. */
export const LEAST_TOKEN = 16

/** How a request was let in. */
export type Admission = "loopback" | "token"

export interface AccessOptions {
  /** What the server listens on. */
  readonly host: string
  /** Null: nobody is asked for one. */
  readonly token: string | null
  /** Further names under which the server may be addressed. */
  readonly allowedHosts: ReadonlyArray<string>
  /** Milliseconds since any moment. */
  readonly now: () => number
}

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)

export class Access {
  private readonly options: AccessOptions
  private readonly token: Buffer | null
  /** Digests of session names, and when each ends. */
  private readonly sessions = new Map<string, number>()
  private failures: Array<number> = []

  constructor(options: AccessOptions) {
    this.options = options
    this.token = options.token === null ? null : digest(options.token)
  }

  get wantsToken(): boolean {
    return this.token !== null
  }

  /** Throws a Refusal for a request that a page of another site may be behind. */
  checkSource(request: IncomingMessage): void {
    const { host, origin } = request.headers
    if (host === undefined || !this.isOwnName(hostname(host))) {
      throw new Refusal(
        "forbidden",
        "This name is not one of this server's. Open it by its address, or start it with the name as allowed host.",
      )
    }
    if (origin !== undefined && !this.isOwnOrigin(origin.toLowerCase(), host.toLowerCase())) {
      throw new Refusal("forbidden", "Another site asked for this. Only the studio's own page may.")
    }
    const site = request.headers["sec-fetch-site"]
    const navigates = request.headers["sec-fetch-mode"] === "navigate" && request.method === "GET"
    if (site !== undefined && site !== "same-origin" && site !== "none" && !navigates) {
      throw new Refusal("forbidden", "Another site asked for this. Only the studio's own page may.")
    }
  }

  /** Throws a Refusal where the token is wanted and neither it nor a session is there. */
  admit(request: IncomingMessage): Admission {
    if (this.token === null) return "loopback"
    const { authorization } = request.headers
    if (authorization !== undefined) {
      const [, given] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
      this.checkToken(given ?? "")
      return "token"
    }
    const session = cookieOf(request)
    const ends = session === null ? undefined : this.sessions.get(digest(session).toString("hex"))
    if (ends === undefined || ends <= this.options.now()) {
      throw new Refusal("unauthorised", "This studio wants its token first.")
    }
    return "token"
  }

  /**
   * Exchanges the token for the value of a `set-cookie` header; a Refusal when it is wrong.
   *
   * @param secure whether the browser speaks TLS, to a proxy: then it never sends the cookie otherwise
   */
  login(token: string, secure = false): string {
    this.checkToken(token)
    const now = this.options.now()
    for (const [name, ends] of this.sessions) if (ends <= now) this.sessions.delete(name)
    if (this.sessions.size >= MOST_SESSIONS) {
      const [oldest] = this.sessions.keys()
      this.sessions.delete(oldest)
    }
    const session = randomBytes(32).toString("base64url")
    this.sessions.set(digest(session).toString("hex"), now + SESSION_MS)
    const kept = `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_MS / 1000}`
    return secure ? `${kept}; Secure` : kept
  }

  private checkToken(given: string): void {
    const now = this.options.now()
    this.failures = this.failures.filter((at) => at > now - MINUTE_MS)
    if (this.failures.length >= MOST_FAILURES) {
      throw new Refusal("tooMany", "Too many wrong tokens. Wait a minute.")
    }
    // Digests are of one length, so that the comparison takes the same time whatever was given.
    if (this.token !== null && timingSafeEqual(digest(given), this.token)) return
    this.failures.push(now)
    throw new Refusal("unauthorised", "This is not the token.")
  }

  /**
   * The page is at the address that was asked, or at a name that was given: a proxy may speak TLS with the browser, and may address
   * this server by another name than the browser addressed the proxy.
   */
  private isOwnOrigin(origin: string, host: string): boolean {
    if (origin === `http://${host}` || origin === `https://${host}`) return true
    const url = URL.parse(origin)
    return url !== null && url.origin === origin && this.options.allowedHosts.includes(url.hostname)
  }

  /** An address cannot be somebody else's name for this machine; any other name must be known. */
  private isOwnName(name: string): boolean {
    const { host, allowedHosts } = this.options
    return (
      isIP(name) !== 0 || name === "localhost" || name === host.toLowerCase() || allowedHosts.includes(name)
    )
  }
}

/** The name in a Host header, lower case, without port and brackets. */
function hostname(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? []
  return (bracketed ?? plain ?? "").toLowerCase()
}

function cookieOf({ headers }: IncomingMessage): string | null {
  for (const pair of (headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=")
    if (name === COOKIE && value !== undefined) return value
  }
  return null
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
