/**
 * Bundles the studio's page (src/studio/page) into dist/studio and prints what it weighs. Nothing is inlined into the page, so that
 * it runs under a policy that allows scripts and styles from its own server only; the layout of the statecharts, computed here, stands
 * apart and is fetched when the first one is looked at. The licences of what is bundled go with it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { extname, join, resolve } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"
import { BUNDLED } from "./bundled.ts"
import { withChartLayouts } from "./chartLayouts.ts"

const root = resolve(import.meta.dirname, "..")
const out = join(root, "dist/studio")

/** What the page's own scripts and styles may weigh, gzip: a page that is opened beside a service is small. */
const MOST_PAGE_KB = 80
/** The same of what is fetched when it is looked at, by the name that its files begin with. */
const MOST_LATE_KB = {
  layouts: 100,
  growth: 8,
  replicas: 8,
  solver: 8,
  studies: 8,
  campaigns: 8,
  pipeline: 8,
} as const

/** By the path of a module. */
const SHARED = /studio\/page\/(main|core|parts)|src\/domain/

const made = await build({
  root: join(root, "src/studio/page"),
  base: "./",
  logLevel: "warn",
  configFile: false,
  plugins: [withChartLayouts],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    // Laying out the statecharts is most of the build, and known to be.
    rolldownOptions: {
      checks: { pluginTimings: false },
      // What the page shares with its late views is in the page: a file of its own would be another request for everybody.
      output: { codeSplitting: { groups: [{ name: "index", test: SHARED }] } },
    },
    modulePreload: { polyfill: false },
  },
})

/** The package a bundled file comes from. */
const packageOf = (file: string): string | undefined =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file.replaceAll("\\", "/"))?.[1]
const sources = (Array.isArray(made) ? made : [made])
  .flatMap((one) => ("output" in one ? one.output : []))
  .flatMap((one) => (one.type === "chunk" ? Object.keys(one.modules) : one.originalFileNames))
const unlisted = [...new Set(sources.map(packageOf))].filter(
  (name) => name !== undefined && !BUNDLED.includes(name),
)
if (unlisted.length > 0)
  throw new Error(`The page contains ${unlisted.join(", ")}: add it to scripts/bundled.ts, with its licence.`)

const licences = BUNDLED.map((name) => {
  const folder = join(root, "node_modules", name)
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
  if (file === undefined)
    throw new Error(`${name} has no licence file beside it: look for its terms before bundling it.`)
  return `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`
})
writeFileSync(join(out, "licences.txt"), licences.join("\n\n"))

interface Weight {
  readonly name: string
  readonly raw: number
  readonly gzip: number
}

const weights: ReadonlyArray<Weight> = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const bytes = readFileSync(join(entry.parentPath, entry.name))
    const packed = [".woff2"].includes(extname(entry.name))
      ? bytes.length
      : gzipSync(bytes, { level: 9 }).length
    return { name: entry.name, raw: bytes.length, gzip: packed }
  })
const kb = (bytes: number): string => (bytes / 1024).toFixed(1)
const belongsTo = (part: string, { name }: Weight): boolean => name.startsWith(`${part}-`)
const late = Object.entries(MOST_LATE_KB)
const parts = [
  {
    name: "page",
    mostKb: MOST_PAGE_KB,
    holds: (file: Weight) => !late.some(([part]) => belongsTo(part, file)),
  },
  ...late.map(([name, mostKb]) => ({ name, mostKb, holds: (file: Weight) => belongsTo(name, file) })),
].map((part) => {
  const files = weights.filter((file) => /\.(html|css|js)$/.test(file.name) && part.holds(file))
  return { ...part, gzip: files.reduce((sum, { gzip }) => sum + gzip, 0) }
})
console.log(`studio, kB gzip: ${parts.map(({ name, gzip }) => `${name} ${kb(gzip)}`).join(", ")}`)
for (const { name, mostKb, gzip } of parts)
  if (gzip > mostKb * 1024)
    throw new Error(`The studio's ${name} weighs ${kb(gzip)} kB gzip; at most ${mostKb} kB are allowed.`)
