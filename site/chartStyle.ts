/** The studio's rules for statecharts and its colours, for the site: taken from the studio's own style, so that both look alike. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const style = join(import.meta.dirname, "../src/studio/page/style")

function only<T>(found: T | undefined, what: string): T {
  if (found === undefined)
    throw new Error(`The studio's style has no ${what} any more: site/chartStyle.ts looks for it.`)
  return found
}

/** Style for what is inside `.chart`, light and dark. */
export function chartStyle(): string {
  const charts = readFileSync(join(style, "statecharts.css"), "utf8")
  const tokens = readFileSync(join(style, "tokens.css"), "utf8")
  const light = only(/^:root,\n:root\[data-theme="light"\] \{([^}]*)\}/m.exec(tokens)?.[1], "light colours")
  const dark = only(/^:root\[data-theme="dark"\] \{([^}]*)\}/m.exec(tokens)?.[1], "dark colours")
  const measures = only(/^:root \{([^}]*)\}/m.exec(tokens)?.[1], "measures")
  const rules = charts.match(/^\.statechart[ :{][^{]*\{[^}]*\}/gm) ?? []
  only(rules.length > 10 ? rules : undefined, "rules for .statechart")
  const motions = charts.match(/^@keyframes lit-[\s\S]*?^\}/gm) ?? []
  return [`.chart {${measures}}`, `.chart {${light}}`, `.dark .chart {${dark}}`, ...rules, ...motions].join(
    "\n\n",
  )
}
