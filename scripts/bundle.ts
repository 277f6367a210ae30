/**
 * Bundles a few lines of browser code over this repository's sources as a user's own build would (Vite, minified, for ES2022),
 * in memory. Needed by whoever wants to know what a bundle weighs, or to run one in a browser.
 */
import { SourceMap } from "node:module"
import { join, resolve } from "node:path"
import { gzipSync } from "node:zlib"
import * as ts from "typescript-api"
import { build, type Plugin } from "vite"

const root = resolve(import.meta.dirname, "..")

/** The entries as a browser resolves them. */
const ALIAS = [
  { find: /^arqon$/, replacement: join(root, "src/index.ts") },
  { find: /^arqon\/machines$/, replacement: join(root, "machines/index.ts") },
  { find: /^arqon\/solver\/extra$/, replacement: join(root, "src/solver/extra/index.ts") },
  { find: /^arqon\/temporal\/offline$/, replacement: join(root, "src/temporal/offline/index.ts") },
  { find: /^arqon\/(morph|replica)\/effect$/, replacement: join(root, "src/$1/index.effect.ts") },
  { find: /^arqon\/morph\/blueprints$/, replacement: join(root, "src/morph/blueprints/index.ts") },
  { find: /^arqon\/morph\/contracts$/, replacement: join(root, "src/morph/contracts/index.ts") },
  {
    find: /^arqon\/(hot|meta|morph|opentelemetry|react|replica|scheduler|telemetry|temporal|testing)$/,
    replacement: join(root, "src/$1/index.ts"),
  },
]

/**
 * The sources as they are published: TypeScript drops the declarations of fields that a constructor fills, as the package's build does,
 * and Vite left to itself keeps them.
 */
const published: Plugin = {
  name: "arqon-published",
  enforce: "pre",
  transform(code, id) {
    if (
      !id.endsWith(".ts") ||
      ![join(root, "src"), join(root, "machines")].some((room) => id.startsWith(room))
    )
      return null
    let text = written.get(code)
    if (text === undefined) {
      text = ts.transpileModule(code, { compilerOptions: PUBLISHED, fileName: id }).outputText
      written.set(code, text)
    }
    return { code: text, map: null }
  },
}

/** By source: several bundles of one process have most files in common. */
const written = new Map<string, string>()

/** What of `tsconfig.build.json` decides how a file is written. */
const PUBLISHED: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  useDefineForClassFields: false,
}

export interface Chunk {
  /** The first one is what a page loads at once, with its `imports`; the others are fetched when they are asked for. */
  readonly name: string
  readonly code: string
  readonly gzipBytes: number
  /** Names of the chunks that are loaded before it runs. */
  readonly imports: ReadonlyArray<string>
  /** Where each piece of the code comes from, where it was asked for. */
  readonly map: SourceMap | null
}

export interface BundleOptions {
  /** Left to be imported by whoever uses the bundle. */
  readonly external?: ReadonlyArray<RegExp>
  /** Not minified, so that a failure in a browser can be read. */
  readonly readable?: boolean
  /** As a server for development would give it: React checks more there, and all of it is larger. */
  readonly development?: boolean
  /** With a map from the code to its sources. */
  readonly mapped?: boolean
  /** In a folder of the repository, where the source's own imports are looked for. */
  readonly name?: string
}

/** The chunks of `source`, the entry first. */
export async function bundle(source: string, options: BundleOptions = {}): Promise<ReadonlyArray<Chunk>> {
  const { external = [], readable = false, mapped = false, development = false, name = "entry.ts" } = options
  const entry = join(root, name)
  // Vite takes packages as they are meant for this, and a test runner says "test": that would be neither.
  const before = process.env["NODE_ENV"]
  process.env["NODE_ENV"] = development ? "development" : "production"
  const made = await build({
    root,
    configFile: false,
    logLevel: "error",
    resolve: { alias: ALIAS },
    plugins: [
      published,
      {
        name: "arqon-entry",
        enforce: "pre",
        resolveId: (id) => (id === entry ? entry : null),
        load: (id) => (id === entry ? source : null),
      },
    ],
    build: {
      write: false,
      minify: !readable,
      sourcemap: mapped ? "hidden" : false,
      target: "es2022",
      modulePreload: false,
      chunkSizeWarningLimit: 2000,
      rollupOptions: { input: entry, external: [...external] },
    },
  }).finally(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, "NODE_ENV")
    else process.env["NODE_ENV"] = before
  })
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((one) => ("output" in one ? one.output : []))
  return outputs.flatMap((one) =>
    one.type === "chunk"
      ? [
          {
            name: one.fileName,
            code: one.code,
            gzipBytes: gzipSync(one.code, { level: 9 }).length,
            imports: one.imports,
            map: one.map === null ? null : new SourceMap(JSON.parse(JSON.stringify(one.map))),
          },
        ]
      : [],
  )
}
