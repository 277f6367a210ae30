/**
 * Code on pages that is a file of the examples: a comment `<!-- From examples/a.ts#part -->` above a fence says which file, and which
 * `// #region part` of it. A recipe is then one program that runs as a test, and what its page shows is that program.
 */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const INCLUDE = /^<!-- From (\S+?)(?:#(\S+))? -->\n```(.*)\n[\s\S]*?^```$/gm
const MARK = /^[ \t]*\/\/ #(?:end)?region\b.*\n/gm

/** The text of a file, or of one region of it, without the marks of regions. Throws where there is no such region. */
export function partOf(file: string, region?: string): string {
  const text = readFileSync(join(root, file), "utf8")
  if (region === undefined) return text.replaceAll(MARK, "").trimEnd()
  const [, inside] =
    new RegExp(String.raw`^// #region ${region}\n([\s\S]*?)^// #endregion ${region}$`, "m").exec(text) ?? []
  if (inside === undefined) throw new Error(`${file} has no "// #region ${region}" with its end.`)
  return inside.replaceAll(MARK, "").trim()
}

/** The files that a page includes. */
export const includedIn = (page: string): ReadonlyArray<string> =>
  [...page.matchAll(INCLUDE)].map(([, file]) => file)

/** The page with its included code as the files are now. */
export const withIncludes = (page: string): string =>
  page.replaceAll(INCLUDE, (_all, file: string, region: string | undefined, fence: string) => {
    const from = region === undefined ? file : `${file}#${region}`
    return `<!-- From ${from} -->\n\`\`\`${fence}\n${partOf(file, region)}\n\`\`\``
  })
