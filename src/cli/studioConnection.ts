/** How a command reaches an open studio: its address, and its token from wherever there is one. */
import { createInterface } from "node:readline"
import { causeText } from "../system/StateFileError.ts"
import type { Session } from "../studio/protocol/protocol.ts"
import { Refusal } from "../studio/server/refusal.ts"
import { StudioClient } from "./tui/StudioClient.ts"
import { CliFailure, EXIT } from "./exitCodes.ts"
import { printWarning } from "./output.ts"
import { tokenIn } from "./tokenFile.ts"

export interface Connection {
  readonly client: StudioClient
  readonly session: Session
  /** Without the token. */
  readonly url: string
}

/**
 * Throws a CliFailure that says what to do where there is no studio, or none for this token.
 *
 * @param ask asks the person at the terminal for the link or the token; null without a terminal
 */
export async function connect(
  address: string,
  tokenFile: string | null,
  ask: (() => Promise<string>) | null,
): Promise<Connection> {
  const parsed = URL.parse(address)
  if (parsed === null || !parsed.protocol.startsWith("http")) {
    const shown = JSON.stringify(address)
    throw new CliFailure(`--url: ${shown} is not an address such as http://127.0.0.1:7070.`, EXIT.usage)
  }
  const url = `${parsed.origin}${parsed.pathname}`
  const inLink = parsed.searchParams.get("token")
  if (inLink !== null && tokenFile === null) {
    printWarning(
      "Every user of this machine can read the token on this command line. Leave it out, and arqon tui asks for it; or give a --token-file.",
    )
  }
  const token = tokenFile === null ? inLink : tokenIn(tokenFile)
  try {
    return await sessionOf(url, token)
  } catch (cause) {
    if (token !== null || ask === null || !isLocked(cause)) throw failureOf(url, cause)
  }
  const given = (await ask()).trim()
  return sessionOf(url, URL.parse(given)?.searchParams.get("token") ?? given).catch((cause: unknown) => {
    throw failureOf(url, cause)
  })
}

async function sessionOf(url: string, token: string | null): Promise<Connection> {
  const client = new StudioClient(url, token)
  return { client, session: await client.session(), url }
}

const isLocked = (cause: unknown): boolean => cause instanceof Refusal && cause.reason === "unauthorised"

const failureOf = (url: string, cause: unknown): CliFailure =>
  isLocked(cause)
    ? new CliFailure(
        `The studio at ${url} requires its token: ${causeText(cause)} Give it in a --token-file.`,
      )
    : new CliFailure(
        `No studio responds at ${url} (${causeText(cause)}). Give the address that engine.studio() or arqon studio has printed.`,
      )

/** Asks at the terminal; rejects when it is left without an answer. */
export function askAtTerminal(): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise<string>((resolve, reject) => {
    lines.once("close", () => reject(new CliFailure("No token was given.", EXIT.usage)))
    lines.question("The link that the studio printed, or its token: ", resolve)
  }).finally(() => lines.close())
}
