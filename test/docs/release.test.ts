/** What an organisation relies on beside the code: what is published, under which terms, and that hosted CI is the CI of everybody. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { BUNDLED, isAllowed } from "../../scripts/bundled.ts"
import { needed } from "../../scripts/installSize.ts"
import { root } from "./pages.ts"

const read = (name: string): string => readFileSync(join(root, name), "utf8")
const manifest = JSON.parse(read("package.json")) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly publishConfig: object
  readonly scripts: Readonly<Record<string, string>>
}
const workflows = readdirSync(join(root, ".github/workflows"))
const workflow = (name: string): string => read(`.github/workflows/${name}`)

describe("the licences of what a user gets", () => {
  it("are on the allowed list, for installed packages and for the contents of the studio's page", () => {
    const folders = [
      ...needed(root, Object.keys(manifest.dependencies)),
      ...BUNDLED.map((name) => join(root, "node_modules", name)),
    ]
    expect(folders.length).toBeGreaterThan(4)
    const refused = folders.filter((folder) => {
      const { license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        license?: string
      }
      return !isAllowed(license ?? "none")
    })
    expect(refused).toEqual([])
  })

  it("are read from SPDX expressions", () => {
    expect(isAllowed("(MIT AND Zlib)")).toBe(true)
    expect(isAllowed("(MIT AND GPL-3.0-only)")).toBe(false)
    expect(isAllowed("GPL-3.0-only OR MIT")).toBe(true)
    expect(isAllowed("GPL-3.0-only")).toBe(false)
  })
})

describe("the package", () => {
  it("is published with provenance and runs nothing on install", () => {
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true })
    for (const name of ["preinstall", "install", "postinstall"])
      expect(manifest.scripts).not.toHaveProperty(name)
  })
})

describe("hosted CI", () => {
  it("runs the same script as everybody, on three systems and both versions of Node", () => {
    const text = workflow("ci.yml")
    expect(text).toContain("run: bash .ci/run")
    expect(text).toMatch(/os: \[ubuntu-[\d.]+, macos-\d+, windows-\d+\]/)
    expect(text).toContain("node: [22, 24]")
    expect(workflow("release.yml")).toContain("run: bash .ci/run")
  })

  it("names only scripts that exist", () => {
    const named = workflows.flatMap((name) =>
      [...workflow(name).matchAll(/npm run ([a-z][a-z:]*)/g)].map(([, script]) => script),
    )
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([])
  })

  it("gives every workflow read access only, unless a job states otherwise", () => {
    expect(workflows.length).toBeGreaterThan(4)
    for (const name of workflows) expect(workflow(name)).toContain("\npermissions:\n  contents: read\n")
  })
})
