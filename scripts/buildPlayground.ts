/**
 * `npm run playground`: the studio over a simulated service as one static page, `dist/playground/index.html`. Everything is in that one file,
 * engine, page, styles and font, so that it can be put on any web server, or opened from a disk. `-- --open` opens it.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { build, type Plugin } from "vite"
import { openInBrowser } from "../src/cli/openInBrowser.ts"
import { withChartLayouts } from "./chartLayouts.ts"

const root = resolve(import.meta.dirname, "..")
const source = join(root, "src/studio/playground")

/** What the whole file may weigh, gzip. */
const MOST_KB = 387

const kbOf = (html: string): number => gzipSync(html, { level: 9 }).length / 1024

/** A search in turns waits for the next one by Node's own timer, which pages do not have. */
const withoutNode: Plugin = {
  name: "arqon-without-node",
  enforce: "pre",
  resolveId: (id) => (id === "node:timers/promises" ? "\0turn" : null),
  load: (id) =>
    id === "\0turn"
      ? "export const setImmediate = () => new Promise((resolve) => setTimeout(resolve, 0))"
      : null,
}

/** No host grows in it, no tuner has replicas, and there is no cluster: nobody opens those views. */
const withoutViews: Plugin = {
  name: "arqon-without-views",
  enforce: "pre",
  load: (id) => {
    const [, view] = /\/view\/(growth|pipeline|replicas|studies|campaigns)\.ts$/.exec(id) ?? []
    return view === undefined ? null : `export const ${view}View = undefined`
  },
}

/** Letters beyond Western Europe's fall back to the system's face: their font is a fifth of the whole. */
const withOneFont: Plugin = {
  name: "arqon-one-font",
  enforce: "pre",
  transform: (code, id) =>
    id.endsWith("/style/font.css") ? code.replace(/@font-face \{[^}]*latin-ext[^}]*\}/, "") : null,
}

/** The page as one file. */
export async function playground(): Promise<string> {
  const made = await build({
    root: source,
    base: "./",
    logLevel: "warn",
    configFile: false,
    publicDir: false,
    plugins: [withoutNode, withoutViews, withOneFont, withChartLayouts],
    build: {
      write: false,
      target: "es2023",
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      cssCodeSplit: false,
      modulePreload: false,
      rolldownOptions: {
        checks: { pluginTimings: false },
        output: { codeSplitting: false },
      },
    },
  })
  const [{ output }] = [made].flat() as ReadonlyArray<{
    readonly output: ReadonlyArray<{
      readonly fileName: string
      readonly code?: string
      readonly source?: string | Uint8Array
    }>
  }>
  const text = (end: string): string => {
    const found = output.filter(({ fileName }) => fileName.endsWith(end))
    if (found.length !== 1)
      throw new Error(`The playground has ${found.length} files that end in ${end}, not one.`)
    return String(found[0].code ?? found[0].source ?? "")
  }
  // A closing tag within a script would end it.
  const script = text(".js").replaceAll("</script", "<\\/script")
  const page = text(".html")
    .replaceAll(/<script type="module"[^>]*><\/script>|<link rel="stylesheet"[^>]*>/g, "")
    .replace("</head>", () => `<style>${text(".css")}</style></head>`)
    .replace("</body>", () => `<script type="module">${script}</script></body>`)
  const kb = kbOf(page)
  if (kb > MOST_KB)
    throw new Error(`The playground weighs ${kb.toFixed(1)} kB gzip; at most ${MOST_KB} kB are allowed.`)
  return page
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const html = await playground()
  const folder = join(root, "dist/playground")
  if (existsSync(folder)) rmSync(folder, { recursive: true })
  mkdirSync(folder, { recursive: true })
  const path = join(folder, "index.html")
  writeFileSync(path, html)
  console.log(`playground: dist/playground/index.html, ${kbOf(html).toFixed(1)} kB gzip`)
  if (process.argv.includes("--open")) openInBrowser(pathToFileURL(path).href)
}
