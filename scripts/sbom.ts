/**
 * `npm run sbom`: writes `arqon.cdx.json`, a CycloneDX list of what a user gets: the packages that an install of the tarball brings,
 * and those that the studio's page contains. Checks it against the format's schema and every licence in it against the allowed ones.
 * The list is taken from an install into an empty folder, because in the repository the same packages also serve development.
 */
import { Ajv } from "ajv"
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { BUNDLED, isAllowed } from "./bundled.ts"

const root = resolve(import.meta.dirname, "..")
const schemas = join(root, "node_modules/@cyclonedx/cyclonedx-library/res/schema")

interface Component {
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly licenses?: ReadonlyArray<{
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }>
}
interface Bom {
  readonly specVersion: string
  readonly metadata: { readonly component: Component }
  readonly components: ReadonlyArray<Component>
  readonly dependencies: ReadonlyArray<{ readonly ref: string; readonly dependsOn: ReadonlyArray<string> }>
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"))
const manifest = json(join(root, "package.json")) as { dependencies: Record<string, string> }

const npm = (args: ReadonlyArray<string>, cwd: string): string =>
  execFileSync("npm", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  })

/** What npm says of the package and its dependencies where nothing else is installed. */
function installed(): Bom {
  const home = mkdtempSync(join(tmpdir(), "arqon-sbom-"))
  // npm calls the root of the list after its folder.
  const folder = join(home, "arqon")
  try {
    const { name, version, description, license, repository, dependencies } = json(
      join(root, "package.json"),
    ) as Record<string, unknown>
    cpSync(join(root, "LICENSE"), join(folder, "LICENSE"), { recursive: true })
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name, version, description, license, repository, dependencies }),
    )
    npm(["install", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return JSON.parse(npm(["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library"], folder)) as Bom
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** A package that the studio's page contains. */
function bundledPart(name: string): Component & { readonly "bom-ref": string; readonly type: string } {
  const { version, license } = json(join(root, "node_modules", name, "package.json")) as {
    version: string
    license: string
  }
  return {
    "bom-ref": `${name}@${version}`,
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    licenses: [{ license: { id: license } }],
  }
}

/** What is wrong with the list, in words. */
function problems(bom: Bom): ReadonlyArray<string> {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  for (const name of ["spdx", "jsf-0.82"])
    ajv.addSchema(
      json(join(schemas, `${name}.SNAPSHOT.schema.json`)) as object,
      `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`,
    )
  const list: unknown = bom
  const isValid = ajv.compile(json(join(schemas, `bom-${bom.specVersion}.SNAPSHOT.schema.json`)) as object)
  const names = bom.components.map(({ name }) => name)
  const missing = [...Object.keys(manifest.dependencies), ...BUNDLED].filter((name) => !names.includes(name))
  return [
    ...(isValid(list) ? [] : [`it is not CycloneDX ${bom.specVersion}: ${ajv.errorsText(isValid.errors)}`]),
    ...missing.map((name) => `${name} is not in it`),
    ...bom.components.flatMap(({ name, licenses = [] }) => {
      const stated = licenses.map(
        ({ license, expression }) => expression ?? license?.id ?? license?.name ?? "",
      )
      return stated.length > 0 && stated.every(isAllowed)
        ? []
        : [`the licence of ${name} is not an allowed one: ${stated.join(", ") || "none"}`]
    }),
  ]
}

const npmList = installed()
const parts = BUNDLED.map(bundledPart)
const bom: Bom = {
  ...npmList,
  components: [...npmList.components, ...parts],
  dependencies: [...npmList.dependencies, ...parts.map((part) => ({ ref: part["bom-ref"], dependsOn: [] }))],
}
const found = problems(bom)
for (const problem of found) console.error(problem)
if (found.length === 0) {
  writeFileSync(join(root, "arqon.cdx.json"), `${JSON.stringify(bom)}\n`)
  console.log(
    `arqon.cdx.json: CycloneDX ${bom.specVersion}, ${bom.components.length} parts, every licence allowed`,
  )
}
process.exitCode = found.length === 0 ? 0 : 1
