/**
 * The rooms of the house: which may import which, and which packages. This table is the only place that says so; the test beside it
 * holds every import to it, types included, and `npm run check:rooms` prints it.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"

export const root: string = resolve(import.meta.dirname, "..")

export interface Rule {
  /** Rooms it may import, besides itself. */
  readonly rooms: ReadonlyArray<string>
  /** Rooms it may import types from, and nothing else. */
  readonly types?: ReadonlyArray<string>
  readonly packages: ReadonlyArray<RegExp>
}

const NUMBERS = ["hot", "domain", "control"]
const EFFECT = /^effect\//
const XSTATE = /^xstate(\/|$)/
const RXJS = /^rxjs(\/|$)/
const NODE = /^node:/

/** Lowest first. A room is a folder of `src`, or a folder of `machines`, `platform`, `studio`, `engine`, `journal`, `cluster` or `morph` with rules of its own. */
export const RULES: Readonly<Record<string, Rule>> = {
  hot: { rooms: [], packages: [] },
  domain: { rooms: ["hot"], packages: [/^effect\/(Data|Result)$/] },
  // Kernels alone; the actors that own them are in machines, the services above.
  temporal: { rooms: ["hot", "domain"], packages: [] },
  // Kernels of the bounded meta level; its actor is in machines.
  meta: { rooms: ["hot", "domain", "temporal"], packages: [] },
  control: { rooms: ["hot", "domain", "temporal"], packages: [] },
  // Decisions over the replicas of one tuner; who owns the tuner and how it is reached is above.
  cohort: { rooms: NUMBERS, packages: [] },
  solver: { rooms: NUMBERS, packages: [] },
  telemetry: { rooms: NUMBERS, packages: [RXJS, /^xstate$/, /^hdr-histogram-js$/] },
  scheduler: { rooms: ["domain"], packages: [] },
  // Timers and clock of any JavaScript host, for an executive that has neither.
  "scheduler/loop": { rooms: ["scheduler"], packages: [] },
  // The growing host, lowest first. Inside it nothing reads a clock, draws chance or knows Effect, XState or RxJS.
  "morph/tensor": { rooms: [], packages: [] },
  "morph/contracts": { rooms: ["domain"], packages: [] },
  // The one room that needs protobuf, and only the entry `arqon/morph/contracts` leads to it.
  "morph/contracts/wire": { rooms: ["domain", "morph/contracts"], packages: [/^@bufbuild\/protobuf(\/|$)/] },
  "morph/blueprints": { rooms: ["domain", "morph/tensor", "morph/contracts"], packages: [] },
  "morph/compile": { rooms: ["morph/tensor"], packages: [] },
  "morph/training": { rooms: ["hot", "domain", "morph/tensor", "morph/contracts"], packages: [] },
  // The life cycle as pure functions; its charts are in machines.
  "morph/grafting": { rooms: ["hot", "domain", "morph/contracts"], packages: [] },
  "morph/neural": {
    rooms: ["domain", "morph/tensor", "morph/contracts", "morph/blueprints", "morph/training"],
    packages: [],
  },
  // A piece of a service as a host: calls instead of tensors.
  "morph/pipeline": { rooms: ["hot", "domain", "control", "morph/contracts"], packages: [] },
  "morph/policy": { rooms: ["domain", "morph/contracts"], packages: [] },
  "morph/bus": { rooms: ["morph/contracts"], packages: [] },
  // Compiled kernels that are kept; its files and its database are in morph/node.
  "morph/library": {
    rooms: ["domain", "morph/contracts", "morph/compile", "morph/bus"],
    packages: [],
  },
  "morph/growth": {
    rooms: [
      "domain",
      "morph/contracts",
      "morph/blueprints",
      "morph/training",
      "morph/grafting",
      "morph/neural",
      "morph/pipeline",
      "morph/policy",
    ],
    packages: [],
  },
  machines: {
    rooms: [...NUMBERS, "cohort", "meta", "solver", "morph/contracts", "morph/grafting"],
    packages: [XSTATE],
  },
  "engine/interop": { rooms: [], packages: [EFFECT, XSTATE, RXJS] },
  engine: {
    rooms: [...NUMBERS, "meta", "scheduler", "solver", "telemetry", "machines", "engine/interop"],
    packages: [EFFECT, XSTATE],
  },
  // The clock of the growing host is read here, and nowhere below.
  "morph/service": {
    rooms: [
      "domain",
      "morph/contracts",
      "morph/pipeline",
      "morph/blueprints",
      "morph/training",
      "morph/grafting",
      "morph/neural",
      "morph/policy",
      "morph/growth",
      "engine",
      "engine/interop",
    ],
    packages: [EFFECT, XSTATE, RXJS],
  },
  fleet: { rooms: [...NUMBERS, "telemetry", "machines", "engine"], packages: [EFFECT, XSTATE] },
  // The agent in each replica of a service, and the owner of a tuner in one process. Of Node what posts and answers reports.
  replica: {
    rooms: [...NUMBERS, "cohort", "telemetry", "machines", "engine"],
    packages: [EFFECT, XSTATE, /^node:https?$/],
  },
  system: { rooms: ["domain"], packages: [EFFECT, NODE] },
  "journal/format": { rooms: [...NUMBERS, "engine"], packages: [EFFECT] },
  journal: {
    rooms: [...NUMBERS, "cohort", "machines", "engine", "journal/format", "system"],
    packages: [EFFECT, NODE],
  },
  // Where a tuner in one process stands, on a disk.
  "replica/node": { rooms: ["domain", "cohort", "replica", "journal", "system"], packages: [NODE] },
  worker: {
    rooms: [...NUMBERS, "telemetry", "machines", "engine", "engine/interop", "system"],
    packages: [EFFECT, XSTATE, NODE],
  },
  // Threads, files and processes of the growing host.
  "morph/node": {
    rooms: [
      "domain",
      "engine",
      "morph/tensor",
      "morph/contracts",
      "morph/blueprints",
      "morph/compile",
      "morph/grafting",
      "morph/neural",
      "morph/pipeline",
      "morph/policy",
      "morph/bus",
      "morph/library",
      "morph/growth",
      "morph/service",
      "journal/format",
      "system",
    ],
    packages: [EFFECT, NODE, /^wabt$/],
  },
  study: { rooms: ["hot", "domain", "solver", "engine", "system"], packages: [EFFECT, NODE] },
  // What several processes share, over a SQL database; `effect/*` alone knows how the processes find each other.
  cluster: {
    rooms: ["hot", "domain", "control", "solver", "cohort", "replica", "engine", "fleet", "journal/format"],
    packages: [EFFECT],
  },
  "cluster/node": {
    rooms: ["domain", "cohort", "solver", "engine", "replica", "journal", "system", "cluster"],
    packages: [EFFECT, NODE, /^@effect\/(sql-pg|platform-node-shared)\//],
  },
  // Knows other people's packages by their shapes only, so it imports none.
  adapters: { rooms: ["domain", "telemetry", "engine"], packages: [] },
  opentelemetry: { rooms: ["domain", "adapters"], packages: [/^@opentelemetry\/sdk-metrics$/] },
  react: { rooms: ["domain", "engine"], packages: [/^react$/, /^@xstate\/react$/, /^xstate$/] },
  testing: { rooms: ["hot", "domain"], packages: [] },
  "studio/protocol": {
    rooms: [],
    types: ["domain", "engine", "fleet", "replica", "solver", "machines", "morph/contracts"],
    packages: [],
  },
  "studio/server": {
    rooms: [
      ...NUMBERS,
      "solver",
      "machines",
      "engine",
      "fleet",
      "journal",
      "study",
      "system",
      "studio/protocol",
    ],
    types: ["replica", "cluster", "morph/contracts", "morph/growth", "morph/policy"],
    packages: [EFFECT, XSTATE, NODE, /^ws$/],
  },
  // Runs in a browser: beside the protocol and what `domain` knows it takes types from the rest of Arqon, no code.
  "studio/page": {
    rooms: ["studio/protocol", "domain", "temporal"],
    types: ["engine", "morph/contracts"],
    packages: [/^uplot(\/|$)/],
  },
  // The page over an engine in the same browser: of Node it has a type.
  "studio/playground": {
    rooms: ["domain", "engine", "studio/protocol", "studio/page", "studio/server"],
    packages: [/^node:http$/],
  },
  // Of clusters one import at a call: what opens the storage of shared studies.
  "platform/node": {
    rooms: ["domain", "engine", "fleet", "journal", "worker", "cluster/node", "studio/server", "system"],
    types: ["replica", "cluster", "morph/growth"],
    packages: [EFFECT, NODE],
  },
  cli: {
    rooms: [
      "domain",
      "control",
      "solver",
      "engine",
      "journal",
      "study",
      "cluster",
      "cluster/node",
      "morph/blueprints",
      "morph/training",
      "morph/neural",
      "morph/policy",
      "morph/library",
      "morph/growth",
      "morph/service",
      "morph/node",
      "studio/protocol",
      "studio/server",
      "system",
      "platform/node",
      // The one example that is part of the package, for `arqon demo`.
      "examples/demo",
    ],
    packages: [EFFECT, NODE],
  },
}

const NAMES = Object.keys(RULES).toSorted((a, b) => b.length - a.length)

/** The room a file is in; none for an entry in `src` itself. */
export function roomOf(file: string): string | undefined {
  const path = relative(root, file)
  if (path.startsWith("machines/")) return "machines"
  if (path.startsWith("examples/")) return dirname(path)
  const inSource = path.replace(/^src\//, "")
  return inSource.includes("/")
    ? (NAMES.find((name) => inSource.startsWith(`${name}/`)) ?? (isEntry(file) ? undefined : inSource))
    : undefined
}

export const isEntry = (file: string): boolean => /(^|\/)index(\.effect)?(\.node)?\.ts$/.test(file)

export interface Import {
  readonly specifier: string
  /** The file, where it is one of ours. */
  readonly target: string | null
  readonly typesOnly: boolean
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b(\s+type\b)?[^"';`]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g

const importsIn = (file: string): ReadonlyArray<Import> =>
  [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, type, from, lazily, forItself]) => {
    const specifier = from ?? lazily ?? forItself
    const target = specifier.startsWith(".") ? resolve(dirname(file), specifier) : null
    return { specifier, target, typesOnly: type !== undefined }
  })

/** Every source file with what it imports. */
export const imports: ReadonlyMap<string, ReadonlyArray<Import>> = new Map(
  ["src", "machines"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(root, folder, name)),
    )
    .map((file) => [file, importsIn(file)]),
)

/** Imports that the table does not allow, in words. */
export function violations(): ReadonlyArray<string> {
  return [...imports].flatMap(([file, found]) => {
    const room = roomOf(file)
    if (room === undefined || isEntry(file)) return []
    const rule = RULES[room]
    const from = relative(root, file)
    if (rule === undefined) return [`${from} is in a room without rules`]
    return found.flatMap(({ specifier, target, typesOnly }) => {
      if (target === null)
        return rule.packages.some((allowed) => allowed.test(specifier))
          ? []
          : [`${from} imports ${specifier}`]
      if (isEntry(target)) return [`${from} imports the entry ${relative(root, target)}`]
      const other = roomOf(target) ?? "an entry"
      const allowed =
        other === room || rule.rooms.includes(other) || (typesOnly && (rule.types ?? []).includes(other))
      return allowed ? [] : [`${from} imports ${relative(root, target)}`]
    })
  })
}

/** Groups of files that import one another in a circle, types included (Tarjan, SIAM J. Comput. 1, 1972). */
export function circles(): ReadonlyArray<ReadonlyArray<string>> {
  const number = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const found: Array<ReadonlyArray<string>> = []
  const visit = (file: string): number => {
    const own = number.size
    let least = own
    number.set(file, own)
    low.set(file, own)
    stack.push(file)
    for (const { target } of imports.get(file) ?? []) {
      if (target === null || !imports.has(target)) continue
      if (!number.has(target)) least = Math.min(least, visit(target))
      else if (stack.includes(target)) least = Math.min(least, number.get(target) as number)
    }
    low.set(file, least)
    if (least === own) {
      const circle = stack.splice(stack.indexOf(file))
      if (circle.length > 1) found.push(circle.map((one) => relative(root, one)).toSorted())
    }
    return least
  }
  for (const file of imports.keys()) if (!number.has(file)) visit(file)
  return found
}
