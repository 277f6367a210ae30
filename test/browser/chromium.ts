/** A real Chromium and a server in this process for tests that run bundles of Arqon where their users run them. */
import { existsSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type Browser, chromium } from "playwright-core"
import type { Chunk } from "../../scripts/bundle.ts"

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** Fails with what to do where there is no browser. */
export function launchChromium(): Promise<Browser> {
  const found = process.env["ARQON_CHROMIUM"] ?? PLACES.find((path) => existsSync(path))
  if (found === undefined || !existsSync(found)) {
    throw new Error(
      "These tests need a real browser. Run `apt-get install chromium`, or name one in ARQON_CHROMIUM.",
    )
  }
  return chromium.launch({ executablePath: found, args: FLAGS, timeout: 150_000 })
}

export interface Page {
  /** By path, the first one at `/`. */
  readonly files: Readonly<Record<string, { readonly type: string; readonly body: string }>>
  /** Sends what makes a page cross-origin isolated, so that it has SharedArrayBuffer. */
  readonly isolated?: boolean
  /** Further headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** Answers what is no file; false: it does not. */
  readonly handle?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** A page that loads the first of these chunks, with what that one loads. `without`: chunks that cannot be fetched. */
export const pageOf = (chunks: ReadonlyArray<Chunk>, without: ReadonlyArray<Chunk> = []): Page["files"] => ({
  "/": {
    type: "text/html",
    body: `<!doctype html><title>t</title><script type="module" src="/${chunks[0].name}"></script>`,
  },
  ...Object.fromEntries(
    chunks
      .filter((chunk) => !without.includes(chunk))
      .map(({ name, code }) => [`/${name}`, { type: "text/javascript", body: code }]),
  ),
})

export interface Served {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Serves files on a loopback port. */
export async function serve({ files, isolated = false, headers = {}, handle }: Page): Promise<Served> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname
    const file = files[path]
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin")
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp")
    }
    if (file === undefined && handle?.(request, response) === true) return
    // A browser asks for an icon by itself.
    if (file === undefined) response.writeHead(path === "/favicon.ico" ? 204 : 404).end()
    else response.writeHead(200, { "Content-Type": file.type }).end(file.body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
