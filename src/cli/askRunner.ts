/** Asks a runner of a cluster over its gateway. */
import { parseJson } from "../study/json.ts"
import { messageOf } from "../system/messageOf.ts"
import { CliFailure, EXIT } from "./exitCodes.ts"
import { tokenIn } from "./tokenFile.ts"

const ASK_MS = 5_000

export interface RunnerPlace {
  readonly url: string
  readonly tokenFile: string | null
  /** What the flags are called that gave them. */
  readonly named?: { readonly url: string; readonly tokenFile: string }
}

const NAMED = { url: "--url", tokenFile: "--token-file" }

export class NobodyThere extends CliFailure {}

/** Throws a CliFailure that says why there is no answer. */
export async function askRunner(
  { url, tokenFile, named = NAMED }: RunnerPlace,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<unknown> {
  const at = URL.parse(path, url)
  if (at === null || !/^https?:$/.test(at.protocol))
    throw new CliFailure(
      `${named.url}: ${JSON.stringify(url)} is not an address such as http://127.0.0.1:7070.`,
      EXIT.usage,
    )
  const response = await fetch(at, {
    method,
    headers: tokenFile === null ? {} : { authorization: `Bearer ${tokenIn(tokenFile)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ASK_MS),
  }).catch((cause: unknown) => {
    throw new NobodyThere(
      `No runner answers at ${at.origin} (${whyNot((cause as Error).cause ?? cause)}). Give the address of its gateway with ${named.url}.`,
    )
  })
  const answer = parseJson(await response.text())
  if (response.ok) return answer
  const { error = "no reason was given", problems = [] } = (answer ?? {}) as Refused
  throw new CliFailure(
    [
      `${at.origin} answered ${response.status}: ${error}.${response.status === 401 ? ` Give a ${named.tokenFile}.` : ""}`,
      ...problems.map(({ path, message, suggestion = "" }) => `  ${path} ${message} ${suggestion}`.trimEnd()),
    ].join("\n"),
  )
}

/** OpenSSL's own words name files of its sources, and no remedy. */
const whyNot = (cause: unknown): string =>
  (cause as { readonly code?: unknown }).code === "ERR_SSL_WRONG_VERSION_NUMBER"
    ? "it speaks no TLS: try http:// instead of https://"
    : messageOf(cause)

interface Refused {
  readonly error?: string
  readonly problems?: ReadonlyArray<{
    readonly path: string
    readonly message: string
    readonly suggestion?: string
  }>
}
