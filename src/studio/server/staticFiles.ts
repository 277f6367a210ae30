/** The page's own files, as the build left them: read once when the server starts, so that no path leads anywhere else. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { extname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export interface StaticFile {
  readonly type: string
  readonly body: Buffer
  /** The name has a hash in it: another content has another name. */
  readonly forever: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
}

/** Under `dist`, whether this runs from there or from the source beside it. */
function pageFolder(): string {
  const own = fileURLToPath(new URL(".", import.meta.url))
  const built = join(own, "../../../studio")
  return existsSync(join(built, "index.html")) ? built : join(own, "../../../dist/studio")
}

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Arqon studio</title>
<h1>The page was not built</h1>
<p>The studio is running, but its page was not built. Run <code>npm run build</code> in the folder of Arqon and load this again.</p>
<p>Meanwhile <a href="/api/session">/api/session</a> and <a href="/metrics">/metrics</a> work.</p></html>
`

/** Every file by its path on the server; `/` is the page. */
export function readPage(folder = pageFolder()): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  const index = join(folder, "index.html")
  if (!existsSync(index)) {
    files.set("/", { type: TYPES[".html"], body: Buffer.from(MISSING), forever: false })
    return files
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name)
    const type = TYPES[extname(name)]
    if (type === undefined || !statSync(path).isFile()) continue
    const url = `/${relative(folder, path).split(sep).join("/")}`
    files.set(url, { type, body: readFileSync(path), forever: /-[\w-]{8,}\.\w+$/.test(url) })
  }
  const page = files.get("/index.html")
  if (page !== undefined) files.set("/", page)
  return files
}
