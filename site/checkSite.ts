/**
 * Follows every link of the built site, of all its versions: to a page that is there, to a heading that is there, to a file that is there.
 * Each page must lead to the root of each version.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const site = import.meta.dirname
const dist = process.env["ARQON_SITE_ROOT"] ?? join(site, "dist")
const listed = process.env["ARQON_SITE_VERSIONS"] ?? readFileSync(join(site, "versions.json"), "utf8")
const roots = (JSON.parse(listed) as ReadonlyArray<{ readonly link: string }>).map(({ link }) => link)

const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".html"),
)
const texts = new Map(pages.map((name) => [name, readFileSync(join(dist, name), "utf8")]))
const anchors = new Map(
  [...texts].map(([name, text]) => [name, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
)

/** The page or file behind an address of the site; null where there is none. */
function behind(path: string): string | null {
  const name = decodeURIComponent(path).slice(1)
  const candidates =
    name === "" || name.endsWith("/") ? [`${name}index.html`] : [name, `${name}.html`, `${name}/index.html`]
  return (
    candidates.find((one) => texts.has(one) || (existsSync(join(dist, one)) && /\.\w+$/.test(one))) ?? null
  )
}

const broken: Array<string> = []
let followed = 0
for (const [name, text] of texts) {
  const here = new URL(name.replace(/(index)?\.html$/, ""), "https://site.invalid/")
  const links = new Set([...text.matchAll(/ href="([^"]+)"/g)].map(([, link]) => link))
  // The page of what is not found is drawn in the browser.
  const missing = name.endsWith("404.html") ? [] : roots.filter((root) => !links.has(root))
  broken.push(...missing.map((root) => `${name}: no link to the version at ${root}`))
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
