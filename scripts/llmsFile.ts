/**
 * Writes docs/llms.txt: every page with its sentence, for programs that read documentation (llmstxt.org). It is made from the list in
 * docs/README.md, so that a new page is in both. `test/docs/llms.test.ts` fails when it drifts.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

const docs = resolve(import.meta.dirname, "../docs")
const RAW = "https://raw.githubusercontent.com/arqon/arqon/main/docs/"

const HEAD = `# Arqon

> An actor-model runtime in TypeScript that tunes live systems: it measures, decides, applies within guardrails, and
> measures again. Bounded, audited, replayable. Beside it is an offline solver (ask and tell).

Programs that embed Arqon begin with [for-agents.md](${RAW}for-agents.md). Times are microseconds. ESM only, Node 22.19
or later; \`effect\` and \`xstate\` are peer dependencies.
`

/** The list of pages, by heading, with addresses that can be fetched as text. */
export function llmsText(): string {
  const [, ...sections] = readFileSync(resolve(docs, "README.md"), "utf8").split(/^## /m)
  const lists = sections.flatMap((section) => {
    const [title, ...lines] = section.split("\n")
    const text = lines.join("\n")
    if (!text.includes("\n- [")) return []
    const absolute = text.replaceAll(/\]\((?!https?:)([^)]+)\)/g, (_all, path: string) => `](${RAW}${path})`)
    return [`## ${title}\n${absolute.trimEnd()}`]
  })
  return `${HEAD}\n${lists.join("\n\n")}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(resolve(docs, "llms.txt"), llmsText())
