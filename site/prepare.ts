/**
 * Makes the site's pages from `docs/`: the same files with links that fit a site, live statecharts in place of Mermaid text, and the
 * reference of every export from the docstrings. Everything goes to `.pages`, which nobody edits and git does not keep.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { chartLayouts } from "../scripts/chartLayouts.ts"
import { machineDefinitions } from "../src/studio/server/machineDefinitions.ts"
import { writeApi } from "./api.ts"
import { chartStyle } from "./chartStyle.ts"

const root = resolve(import.meta.dirname, "..")
const docs = join(root, "docs")
const pages = join(import.meta.dirname, ".pages")
const SOURCE = "https://github.com/arqon/arqon/blob/main/"

/** What stands outside of docs and is a page all the same. */
const MORE: Readonly<Record<string, string>> = { "CHANGELOG.md": "changelog.md" }

/** A page's address within the site, from its path in the repository. */
function placeOf(path: string): string | null {
  const more = MORE[path]
  if (more !== undefined) return more
  if (!path.startsWith("docs/")) return null
  return path.slice(5).replace(/README\.md$/, "index.md")
}

/** The page with links to other pages of the site as such, and everything else in the repository as a link to its source. */
function relinked(text: string, path: string): string {
  const here = dirname(placeOf(path) ?? path)
  const link = (target: string): string => {
    if (/^([a-z]+:|#)/.test(target)) return target
    const [file, anchor] = target.split("#")
    const found = relative(root, resolve(root, dirname(path), file))
    const place = placeOf(found)
    const hash = anchor === undefined ? "" : `#${anchor}`
    if (place === null) return `${SOURCE}${found}${hash}`
    // What is no page and no picture (a dashboard, a list for machines) is a file beside the pages.
    if (!/\.(md|png|svg|jpg|webp)$/.test(place)) return `pathname:///${place}`
    const to = relative(here, place)
    return (to.startsWith(".") ? to : `./${to}`) + hash
  }
  // Code keeps its brackets.
  return text
    .split(/(^```[\s\S]*?^```|`[^`\n]*`)/m)
    .map((part, i) =>
      i % 2 === 1 ? part : part.replaceAll(/\]\(([^)\s]+)\)/g, (_all, to: string) => `](${link(to)})`),
    )
    .join("")
    .replaceAll("pathname:///", "/")
}

/** The messages of a Mermaid sequence, one a line: what Mermaid would draw is a column of arrows, and it weighs half a megabyte. */
const messagesOf = (sequence: string): string =>
  sequence
    .split("\n")
    .flatMap((line) => {
      const [, note] = /^\s*Note over [^:]+: (.*)$/.exec(line) ?? []
      if (note !== undefined) return [`\n*${note}:*\n`]
      const [, from, to, what] = /^\s*(\w+)-+>>(\w+): (.*)$/.exec(line) ?? []
      return from === undefined ? [] : [`1. \`${from}\` → \`${to}\`: ${what}`]
    })
    .join("\n")

/** The Mermaid picture of a statechart as the live one, and a sequence as a list. */
function alive(text: string, machine: string | null): string {
  if (machine === null) return text
  return text
    .replace(/^```mermaid\nsequenceDiagram([\s\S]*?)^```$/m, (_all, sequence: string) => messagesOf(sequence))
    .replace(/^```mermaid\nstateDiagram[\s\S]*?^```$/m, `<Statechart name="${machine}" />`)
}

const HOME = `---
layout: home
hero:
  name: Arqon
  text: Numbers that tune themselves
  tagline: Measure, decide, apply within guardrails, measure again. Every decision can be read, and replayed bit for bit.
  image: { src: /images/demo.svg, alt: Latency of a service before and after tuning }
  actions:
    - { theme: brand, text: The first ten minutes, link: /tutorials/first-ten-minutes }
    - { theme: alt, text: Cookbook, link: /how-to/cookbook/ }
    - { theme: alt, text: When not to use it, link: /explanation/when-not }
features:
  - { title: Bounded, details: "A tier of its own checks every step before it is applied. Tier 2 holds nothing that can write.", link: /explanation/architecture }
  - { title: Safe against being wrong, details: "When the plant stays worse than its baseline, it goes back, and finds out why.", link: /explanation/safe-against-being-wrong }
  - { title: On the record, details: "A journal with a hash chain. Ask it why a knob changed, or what other options would have done.", link: /how-to/cookbook/incident }
---

`

const machines = machineDefinitions()
rmSync(pages, { recursive: true, force: true })
cpSync(docs, pages, { recursive: true, filter: (from) => !from.endsWith(".md") })
const files = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`)
for (const path of [...files, ...Object.keys(MORE)]) {
  const place = placeOf(path) ?? path
  const title = /^# (\w+)Machine$/m.exec(readFileSync(join(root, path), "utf8"))?.[1] ?? null
  const machine = machines.find(({ name }) => name === title)?.name ?? null
  const text = alive(relinked(readFileSync(join(root, path), "utf8"), path), machine)
  const to = join(pages, place)
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, place === "index.md" ? HOME + text.replace(/^# .*\n/, "") : text)
}

// Files that pages link to, and pictures of the home page, keep their addresses.
const open = join(pages, "public")
mkdirSync(open, { recursive: true })
for (const name of ["llms.txt", "grafana", "images"])
  cpSync(join(docs, name), join(open, name), { recursive: true })
cpSync(join(import.meta.dirname, "public"), open, { recursive: true })
writeFileSync(join(pages, "charts.json"), JSON.stringify({ machines, layouts: await chartLayouts() }))

writeFileSync(join(pages, "chart.css"), chartStyle())

await writeApi(root, join(pages, "api"))
