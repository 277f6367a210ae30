/** Follows every link of the built site: to a page that is there, to a heading that is there, to a file that is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const dist = join(import.meta.dirname, "dist")
const base = process.env["ARQON_SITE_BASE"] ?? "/"

const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".html"),
)
const texts = new Map(pages.map((name) => [name, readFileSync(join(dist, name), "utf8")]))
const anchors = new Map(
  [...texts].map(([name, text]) => [name, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
)

/** The page or file behind an address of the site; null where there is none. */
function behind(path: string): string | null {
  const name = decodeURIComponent(path).slice(base.length)
  const candidates =
    name === "" || name.endsWith("/") ? [`${name}index.html`] : [name, `${name}.html`, `${name}/index.html`]
  return (
    candidates.find((one) => texts.has(one) || (existsSync(join(dist, one)) && /\.\w+$/.test(one))) ?? null
  )
}

const broken: Array<string> = []
let followed = 0
for (const [name, text] of texts) {
  const here = new URL(name.replace(/(index)?\.html$/, ""), `https://site.invalid${base}`)
  for (const [, raw] of text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
    const link = raw.replaceAll("&amp;", "&")
    if (/^(https?:|mailto:|data:)/.test(link)) continue
    const { pathname, hash } = new URL(link, here)
    const target = behind(pathname)
    followed++
    if (target === null) broken.push(`${name}: ${link}`)
    else if (
      hash !== "" &&
      texts.has(target) &&
      anchors.get(target)?.has(decodeURIComponent(hash.slice(1))) !== true
    )
      broken.push(`${name}: ${link} (no such heading)`)
  }
}
console.log(`${pages.length} pages, ${followed} links, ${broken.length} broken`)
for (const one of new Set(broken)) console.error(one)
if (broken.length > 0 || pages.length < 60) process.exitCode = 1
