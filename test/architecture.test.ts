/**
 * Holds the import directions of the house over the real import graph, package imports included. The linter says the
 * same in the editor; this test also sees what a lint rule cannot: paths through several files.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "..")

/** What each room may import besides itself: rooms first, then packages. */
const rules: Record<string, { rooms: ReadonlyArray<string>; packages: ReadonlyArray<RegExp> }> = {
  hot: { rooms: [], packages: [] },
  domain: { rooms: ["hot"], packages: [/^effect\/(Schema|Data$|Result$)/] },
  control: { rooms: ["hot", "domain"], packages: [] },
  solver: { rooms: ["hot", "domain", "control"], packages: [/^effect\/Schema/] },
  machines: { rooms: ["hot", "domain", "control", "solver"], packages: [/^xstate(\/|$)/] },
  telemetry: { rooms: ["hot", "domain", "control"], packages: [/^rxjs(\/|$)/, /^hdr-histogram-js$/] },
  interop: { rooms: [], packages: [/^effect\//, /^xstate(\/|$)/, /^rxjs(\/|$)/] },
  runtime: {
    rooms: ["hot", "domain", "control", "solver", "machines", "telemetry", "interop"],
    packages: [/^effect\//, /^xstate(\/|$)/],
  },
  node: {
    rooms: ["hot", "domain", "control", "solver", "machines", "telemetry", "interop", "runtime"],
    packages: [/^effect\//, /^node:/, /^xstate(\/|$)/, /^ws$/],
  },
  // The page in the browser: from the rest it takes types only, which the linter holds.
  studio: { rooms: ["node", "runtime"], packages: [/^uplot(\/|$)/, /^elkjs\//] },
  react: { rooms: ["domain", "runtime"], packages: [/^react$/, /^@xstate\/react$/, /^xstate$/] },
  // Knows other people's packages by their shapes only, so it imports none.
  adapters: { rooms: ["domain", "telemetry", "runtime"], packages: [] },
  testing: {
    rooms: ["hot", "domain", "control", "solver", "machines", "telemetry", "runtime"],
    packages: [/^effect\//, /^xstate(\/|$)/, /^rxjs(\/|$)/],
  },
}

const files = ["src", "machines"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, folder, name)),
)

const roomOf = (file: string): string | undefined => {
  const [top, second, third] = relative(root, file).split("/")
  if (top === "machines") return "machines"
  return third === undefined ? undefined : second
}

const isEntry = (file: string): boolean => /(^|\/)index(\.node)?\.ts$/.test(file)

const importsOf = (file: string): ReadonlyArray<string> =>
  [
    ...readFileSync(file, "utf8").matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3])

const violations = files.flatMap((file) => {
  const room = roomOf(file)
  if (room === undefined || isEntry(file)) return []
  const rule = rules[room]
  if (rule === undefined) return [`${relative(root, file)} stands in a room without rules`]
  return importsOf(file).flatMap((specifier) => {
    const from = relative(root, file)
    if (!specifier.startsWith(".")) {
      return rule.packages.some((allowed) => allowed.test(specifier)) ? [] : [`${from} imports ${specifier}`]
    }
    const target = resolve(dirname(file), specifier)
    if (isEntry(target)) return [`${from} imports the entry ${relative(root, target)}`]
    const targetRoom = roomOf(target)
    const allowed = targetRoom === room || (targetRoom !== undefined && rule.rooms.includes(targetRoom))
    return allowed ? [] : [`${from} imports ${relative(root, target)}`]
  })
})

describe("the import directions of the house", () => {
  it("see every room that the rules name and that exists", () => {
    const seen = new Set(files.map(roomOf))
    for (const room of ["hot", "domain", "control", "machines", "telemetry", "runtime", "node", "testing"]) {
      expect(seen).toContain(room)
    }
  })

  it("hold in every file of src and machines", () => {
    expect(violations).toEqual([])
  })

  it("leave nothing of Node reachable from the browser entry", () => {
    const reached = new Set<string>()
    const offences: Array<string> = []
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith("node:")) offences.push(`${relative(root, file)} imports ${specifier}`)
        if (specifier.startsWith(".")) visit(resolve(dirname(file), specifier))
      }
    }
    visit(join(root, "src/index.ts"))
    expect(reached.size).toBeGreaterThan(10)
    expect(offences).toEqual([])
  })
})
