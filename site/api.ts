/** The reference of every export, from the docstrings, by TypeDoc over the API of TypeScript 6. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Application, Comment, CommentTag, type DeclarationReflection } from "typedoc"
import { entries } from "../scripts/entries.ts"
import { ENTRIES as LISTS, publicNames } from "../scripts/stability.ts"

const ENTRIES = entries("node")

/** Names a module as one imports it: by the entry, not by the file. */
const entryOf = (file: string): string | undefined =>
  Object.entries(ENTRIES).find(([, source]) => file.endsWith(source.replace(/\.ts$/, "")))?.[0]

/** Puts the level of every name into its comment, as the build does for editors. */
function tagLevels(entry: string, names: ReadonlyArray<DeclarationReflection>): void {
  const levels = new Map(publicNames(LISTS[entry]).map(({ name, level }) => [name, level]))
  for (const one of names) {
    const level = levels.get(one.name)
    if (level === undefined) continue
    // What a function says stands at its signature.
    for (const told of one.signatures ?? [one]) {
      told.comment ??= new Comment()
      told.comment.blockTags.push(new CommentTag("@stability", [{ kind: "text", text: level }]))
    }
  }
}

/** Writes the reference as Markdown into `out`, with the list that the sidebar shows. */
export async function writeApi(root: string, out: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    name: "API",
    entryPoints: Object.values(ENTRIES).map((source) => join(root, source)),
    tsconfig: join(root, "tsconfig.json"),
    basePath: root,
    plugin: ["typedoc-plugin-markdown"],
    // The project is checked by its own compiler.
    skipErrorChecking: true,
    readme: "none",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: false,
    disableGit: true,
    gitRevision: "main",
    sourceLinkTemplate: "https://github.com/arqon/arqon/blob/main/{path}#L{line}",
    logLevel: "Error",
    out,
    // One page for each entry: hundreds of pages of three lines each help nobody.
    router: "module",
    entryFileName: "index",
    hideBreadcrumbs: true,
    hidePageHeader: true,
    // One row for a property instead of a heading for each: a page can then be read.
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    propertyMembersFormat: "table",
    typeDeclarationFormat: "table",
    tableColumnSettings: { hideSources: true, hideInherited: true },
    useHTMLAnchors: true,
    expandObjects: false,
  } as Parameters<typeof Application.bootstrapWithPlugins>[0])
  const project = await app.convert()
  if (project === undefined) throw new Error("TypeDoc could not read the sources.")
  for (const child of project.children ?? []) {
    const entry = entryOf(child.name) ?? entryOf((child.sources?.[0]?.fileName ?? "").replace(/\.ts$/, ""))
    if (entry === undefined) continue
    child.name = entry
    tagLevels(entry, child.children ?? [])
  }
  await app.generateOutputs(project)
  // A method that stands in for a library's has the library's words, and their paragraphs are opened and never closed.
  for (const name of readdirSync(out, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".md")) continue
    const text = readFileSync(join(out, name), "utf8")
    if (/^<p>/m.test(text)) writeFileSync(join(out, name), text.replaceAll(/^<p> ?/gm, ""))
  }
}
