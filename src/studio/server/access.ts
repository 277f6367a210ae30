/**
 * Who may talk to the studio: whoever has the token, or a session that was given for it. Beside that, a page of another site must not
 * reach it, neither by sending a person's browser here (Origin), nor by giving its own name this machine's address (Host).
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { peerOf } from "./peers.ts"
import { Refusal } from "./refusal.ts"
import { WrongTokens } from "./WrongTokens.ts"

/** A browser is let in so long after the token was given. */
const SESSION_MS = 12 * 3600 * 1000
const MOST_SESSIONS = 64
/** Shorter ones can be guessed, and a header can carry neither spaces nor letters beyond ASCII. */
export const isToken = (text: string): boolean => /^[!-~]{16,512}$/.test(text)
/** 192 bits: nobody guesses it. */
export const newToken = (): string => randomBytes(24).toString("hex")

const CHALLENGE = { "www-authenticate": "Bearer" }

/** How somebody was identified: by the token or a session made of it, or not at all, where none is asked for. */
export type Admission = "token" | "no token"

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

export class Access {
  private readonly options: AccessOptions
  private readonly token: Buffer | null
  /** Digests of session names, and when each ends. */
  private readonly sessions = new Map<string, number>()
  private readonly wrong = new WrongTokens()

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
        "This server does not answer to that host name. Open it by its address, or add the name to allowedHosts.",
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

  /** How a request is let in; null when it is not. It counts nothing. */
  identify(request: IncomingMessage): Admission | null {
    if (this.token === null) return "no token"
    const given = bearerOf(request)
    if (given !== null) return this.isRight(given) ? "token" : null
    const session = cookieOf(request)
    const ends = session === null ? undefined : this.sessions.get(digest(session).toString("hex"))
    return ends !== undefined && ends > this.options.now() ? "token" : null
  }

  /** The same, but throws a Refusal where somebody is not let in, and counts wrong tokens. */
  admit(request: IncomingMessage): Admission {
    const identity = this.identify(request)
    if (identity !== null) return identity
    if (bearerOf(request) !== null) throw this.refusal(request)
    throw new Refusal(
      "unauthorised",
      "This studio needs its token. It is in the link that was printed when the studio was opened.",
      CHALLENGE,
    )
  }

  /** Exchanges the token for the value of a `set-cookie` header; throws a Refusal when it is wrong. */
  login(request: IncomingMessage, token: string): string {
    if (!this.isRight(token)) throw this.refusal(request)
    const now = this.options.now()
    for (const [name, ends] of this.sessions) if (ends <= now) this.sessions.delete(name)
    if (this.sessions.size >= MOST_SESSIONS) {
      const [oldest] = this.sessions.keys()
      this.sessions.delete(oldest)
    }
    const session = randomBytes(32).toString("base64url")
    this.sessions.set(digest(session).toString("hex"), now + SESSION_MS)
    const kept = `${cookieName(request)}=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_MS / 1000}`
    return isOverTls(request) ? `${kept}; Secure` : kept
  }

  /** Digests are of one length, so that the comparison takes the same time whatever was given. */
  private isRight(given: string): boolean {
    return this.token !== null && timingSafeEqual(digest(given), this.token)
  }

  /** What somebody with a wrong token is told. Only wrong ones are counted: they must not shut out the right one. */
  private refusal({ socket }: IncomingMessage): Refusal {
    const waitMs = this.wrong.add(peerOf(socket.remoteAddress), this.options.now())
    if (waitMs === 0) return new Refusal("unauthorised", "This is not the token.", CHALLENGE)
    return new Refusal("tooMany", "Too many wrong tokens. Wait a minute.", {
      "retry-after": String(Math.ceil(waitMs / 1000)),
      connection: "close",
    })
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

/** The token in the header; null where there is none, as where a proxy has asked for a password of its own. */
function bearerOf({ headers }: IncomingMessage): string | null {
  const match = /^Bearer(?: +(.*))?$/i.exec(headers.authorization ?? "")
  return match === null ? null : (match[1] ?? "")
}

/** Browsers keep cookies by host and not by port: two studios on one machine must not share a name. */
const cookieName = ({ socket }: IncomingMessage): string => `arqon_studio_${socket.localPort}`

function cookieOf(request: IncomingMessage): string | null {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=")
    if (name === cookieName(request) && value !== undefined) return value
  }
  return null
}

/** The browser speaks TLS, to a proxy: then it never sends the cookie otherwise. */
const isOverTls = ({ headers }: IncomingMessage): boolean =>
  headers.origin?.startsWith("https://") === true || headers["x-forwarded-proto"] === "https"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
