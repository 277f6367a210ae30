/** A page with another text in the place of one of its sections: those of `## title` up to the next `## `. */
export function withSection(page: string, section: string): string {
  const title = section.slice(0, section.indexOf("\n") + 1)
  const from = page.indexOf(`\n${title}`) + 1
  if (from === 0) throw new Error(`The page has no section ${title.trim()}.`)
  const next = page.indexOf("\n## ", from)
  return page.slice(0, from) + section.trimEnd() + (next < 0 ? "\n" : `\n${page.slice(next)}`)
}
