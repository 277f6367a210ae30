/** The site's frame: search, navigation, versions. The sidebar is the list of pages in docs/README.md, so that a page is listed once. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type DefaultTheme, defineConfig } from "vitepress"

const site = resolve(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(site, path), "utf8")

/** What GitHub makes of a heading: the pages' links were written for it. */
const slugify = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-")

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const addressOf = (link: string): string => `/${link.replace(/README\.md$/, "").replace(/\.md$/, "")}`

/** The headings and links of the list of pages. */
function sidebar(): Array<DefaultTheme.SidebarItem> {
  const [, ...sections] = read("../docs/README.md").split(/^## /m)
  return sections.flatMap((section) => {
    const [title] = section.split("\n", 1)
    const seen = new Set<string>()
    const groups: Array<DefaultTheme.SidebarItem> = [{ text: title, items: [] }]
    for (const line of section.split("\n")) {
      const [, name, page] = /^\[([^\]]+)\]\(([^)#]+\.md)\)/.exec(line) ?? []
      // A paragraph that begins with a link to an index begins a group of its own.
      if (name !== undefined && page.endsWith("README.md"))
        groups[0].items?.push({
          text: capital(name.replace(/^The /, "")),
          link: addressOf(page),
          collapsed: true,
          items: [],
        })
      const inner = groups[0].items?.at(-1)
      const list = inner?.items ?? groups[0].items
      if (!/^(- |  )/.test(line)) continue
      for (const [, text, to] of line.matchAll(/\[([^\]]+)\]\(([^)#]+\.md)\)/g)) {
        const link = addressOf(to)
        if (seen.has(link)) continue
        seen.add(link)
        list?.push({
          text: text.startsWith("`") ? text.replaceAll("`", "") : capital(text.replaceAll("`", "")),
          link,
        })
      }
    }
    return (groups[0].items ?? []).length > 0 ? groups : []
  })
}

/** The reference's entries, in the order of their names. */
function apiSidebar(): Array<DefaultTheme.SidebarItem> {
  const links = [...read(".pages/api/index.md").matchAll(/^- \[([^\]]+)\]\((.+)\.md\)$/gm)]
  const items = links.map(([, text, path]) => ({ text, link: `/api/${path}` }))
  return [{ text: "API", link: "/api/", items: items.toSorted((a, b) => a.text.localeCompare(b.text)) }]
}

/** The versions, the newest first, each with the absolute address of its root. */
const versions = JSON.parse(process.env["ARQON_SITE_VERSIONS"] ?? read("versions.json")) as ReadonlyArray<{
  readonly text: string
  readonly link: string
}>
const base = process.env["ARQON_SITE_BASE"] ?? "/"
const here = versions.find(({ link }) => link === base) ?? versions[0]

// oxlint-disable-next-line import/no-default-export -- VitePress reads it so
export default defineConfig({
  title: "Arqon",
  description: "An actor-model runtime that tunes live systems: measure, decide, apply, measure again.",
  lang: "en",
  srcDir: ".pages",
  outDir: join(process.env["ARQON_SITE_ROOT"] ?? "dist", base),
  cacheDir: ".cache",
  base,
  cleanUrls: true,
  // Pages name addresses of the reader's own machine: nothing answers there now. Every other link is checked.
  ignoreDeadLinks: "localhostLinks",
  lastUpdated: false,
  markdown: {
    anchor: { slugify },
    theme: { light: "github-light-high-contrast", dark: "github-dark" },
    // A heading without text is none: a screen reader would announce it.
    config: (md) => {
      md.core.ruler.push("empty_headings", ({ tokens }) => {
        for (const [i, token] of tokens.entries())
          if (token.type === "th_open" && tokens[i + 1].content === "") token.tag = tokens[i + 2].tag = "td"
      })
    },
  },
  vite: {
    publicDir: join(site, ".pages/public"),
    server: { fs: { allow: [resolve(site, "..")] } },
    build: { chunkSizeWarningLimit: 2_000 },
  },
  head: [["link", { rel: "icon", href: `${base}icon.svg`, type: "image/svg+xml" }]],
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/tutorials/first-ten-minutes" },
      { text: "Cookbook", link: "/how-to/cookbook/" },
      { text: "API", link: "/api/" },
      { text: "Statecharts", link: "/machines/" },
      {
        text: here.text,
        items: [
          ...versions.map((props) => ({ component: "VersionLink", props })),
          { text: "Changelog", link: "/changelog" },
          { text: "Migrate", link: "/how-to/migrate" },
        ],
      },
    ],
    sidebar: { "/api/": apiSidebar(), "/": sidebar() },
    socialLinks: [{ icon: "github", link: "https://github.com/arqon/arqon" }],
    footer: { message: "Apache-2.0" },
  },
})
