/**
 * Draws the README's badges from what is true here: the manifest and the bounds that tests hold. Pictures in the repository, because
 * a badge of somebody's server says what that server believes of a package that it may not know.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { ENTRIES } from "./bundleSize.ts"

const root = resolve(import.meta.dirname, "..")
const { license, engines, exports, dependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
) as {
  readonly license: string
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, { readonly types?: string } | string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const typed = Object.values(exports).every((entry) => typeof entry === "string" || entry.types !== undefined)

/** By file name: what it is about, and what is so. */
const BADGES: Readonly<Record<string, readonly [about: string, fact: string]>> = {
  types: ["types", typed ? "included" : "incomplete"],
  size: ["in a browser", `under ${Math.ceil(ENTRIES[0].mostKb / 10) * 10} kB gzip`],
  dependencies: ["dependencies", String(Object.keys(dependencies).length)],
  node: ["node", engines.node.replace(">=", "≥ ")],
  licence: ["licence", license],
}

const CHARACTER = 6.6
const PADDING = 8
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

function badge(about: string, fact: string): string {
  const left = Math.round(about.length * CHARACTER + 2 * PADDING)
  const right = Math.round(fact.length * CHARACTER + 2 * PADDING)
  const text = (words: string, x: number): string =>
    `<text x="${x}" y="14" text-anchor="middle" fill="#fff">${escape(words)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${escape(`${about}: ${fact}`)}">`,
    `<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444c56"/>`,
    `<rect x="${left}" width="${right}" height="20" fill="#1f6feb"/></g>`,
    `<g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(about, left / 2)}${text(fact, left + right / 2)}</g>`,
    "</svg>",
    "",
  ].join("\n")
}

/** By path from the root. */
export const badges = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(BADGES).map(([name, [about, fact]]) => [
      `docs/images/badge-${name}.svg`,
      badge(about, fact),
    ]),
  )

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  mkdirSync(join(root, "docs/images"), { recursive: true })
  for (const [path, text] of badges()) writeFileSync(join(root, path), text)
}
