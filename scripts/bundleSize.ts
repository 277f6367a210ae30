/**
 * `npm run size`: what a browser loads of Arqon, minified and gzipped, as a user's own bundler would make it. Fails above the
 * bounds below, so that what is carried along grows only on purpose. With `-- --parts` also what each is made of.
 */
import { pathToFileURL } from "node:url"
import { bundle, type Chunk } from "./bundle.ts"
import { partsOf } from "./bundleParts.ts"

interface Bounded {
  readonly what: string
  readonly source: string
  /** Imports that are not counted: whoever has these, has them already. */
  readonly external?: ReadonlyArray<RegExp>
  /** What a page loads at once, kB of 1000 bytes; and all chunks that may be fetched later. */
  readonly mostKb: number
  readonly mostLaterKb: number
  /** What it should come to one day; absent where it does. */
  readonly goalKb?: number
}

export const ENTRIES: ReadonlyArray<Bounded> = [
  {
    what: "createEngine of arqon, with Effect, XState and RxJS",
    source: 'import { createEngine } from "arqon"; globalThis.made = createEngine',
    mostKb: 121.7,
    mostLaterKb: 50.9,
    goalKb: 75,
  },
  {
    what: "arqon/machines and arqon/hot, beside xstate",
    source:
      'import { engineMachine, makeHotPath } from "arqon/machines"; import { HotPath, HotLoop } from "arqon/hot"; globalThis.made = [engineMachine, makeHotPath, HotPath, HotLoop]',
    external: [/^xstate/],
    mostKb: 63.7,
    mostLaterKb: 0,
    goalKb: 30,
  },
  {
    what: "the graft and growth machines of arqon/machines, beside xstate",
    source:
      'import { graftMachine, growthMachine } from "arqon/machines"; globalThis.made = [graftMachine, growthMachine]',
    external: [/^xstate/],
    mostKb: 46.9,
    mostLaterKb: 0,
  },
  {
    what: "createFleet of arqon, with Effect: the engine without statecharts",
    source: 'import { createFleet } from "arqon"; globalThis.made = createFleet',
    mostKb: 76.2,
    mostLaterKb: 21.6,
  },
  {
    what: "arqon/hot alone",
    source: 'import { HotPath, HotLoop } from "arqon/hot"; globalThis.made = [HotPath, HotLoop]',
    mostKb: 20.6,
    mostLaterKb: 0,
  },
  {
    what: "createSolver of arqon, with what of Effect it takes",
    source: 'import { createSolver } from "arqon"; globalThis.made = createSolver',
    mostKb: 56.2,
    mostLaterKb: 0,
  },
  {
    what: "arqon/solver/extra alone",
    source: 'import * as extra from "arqon/solver/extra"; globalThis.made = extra',
    mostKb: 3.3,
    mostLaterKb: 0,
  },
  {
    what: "arqon/meta alone",
    source: 'import * as meta from "arqon/meta"; globalThis.made = meta',
    mostKb: 25,
    mostLaterKb: 0,
  },
  {
    what: "createReplica, with everything",
    source: 'import { createReplica } from "arqon/replica"; globalThis.made = createReplica',
    mostKb: 25,
    mostLaterKb: 0,
  },
  {
    what: "Replica of arqon/replica/effect, with what of Effect it takes",
    source: 'import { Replica } from "arqon/replica/effect"; globalThis.made = Replica',
    mostKb: 36,
    mostLaterKb: 0,
  },
  {
    what: "followFleet, with everything",
    source: 'import { followFleet } from "arqon/replica"; globalThis.made = followFleet',
    mostKb: 25,
    mostLaterKb: 0,
  },
  {
    what: "arqon/scheduler alone",
    source: 'import * as scheduler from "arqon/scheduler"; globalThis.made = scheduler',
    mostKb: 25,
    mostLaterKb: 0,
  },
  {
    what: "arqon/temporal/offline alone",
    source: 'import * as offline from "arqon/temporal/offline"; globalThis.made = offline',
    mostKb: 25,
    mostLaterKb: 0,
  },
  {
    what: "arqon/morph with the neural host, beside xstate",
    source:
      'import { BLUEPRINTS, createGrowth, graftGraph, GraftTable, neuralHost, tasks } from "arqon/morph"; globalThis.made = [BLUEPRINTS, createGrowth, graftGraph, GraftTable, neuralHost, tasks]',
    external: [/^xstate/],
    mostKb: 59.6,
    mostLaterKb: 2,
    goalKb: 40,
  },
  {
    what: "pipelineHost of arqon/morph, grown by itself",
    source: 'import { pipelineHost } from "arqon/morph"; globalThis.made = pipelineHost',
    mostKb: 34,
    mostLaterKb: 2,
    goalKb: 12,
  },
  {
    what: "arqon/morph/contracts, with @bufbuild/protobuf",
    source: 'import * as contracts from "arqon/morph/contracts"; globalThis.made = contracts',
    mostKb: 35,
    mostLaterKb: 0,
  },
  {
    what: "arqon/morph/blueprints alone, all of it",
    source: 'import * as blueprints from "arqon/morph/blueprints"; globalThis.made = blueprints',
    mostKb: 12,
    mostLaterKb: 0,
  },
  {
    what: "arqon/temporal alone",
    source: 'import * as temporal from "arqon/temporal"; globalThis.made = temporal',
    mostKb: 25,
    mostLaterKb: 0,
  },
]

export interface Weighed extends Bounded {
  readonly kb: number
  readonly laterKb: number
  /** Modules of Node in it: there must be none. */
  readonly ofNode: ReadonlyArray<string>
}

const kilo = (bytes: number): number => Math.round(bytes / 100) / 10

/** The entry and every chunk that it imports: a bundler may split off what it shares with a later one. */
function loadedAtOnce(chunks: ReadonlyArray<Chunk>): ReadonlySet<Chunk> {
  const found = new Set([chunks[0]])
  // A set visits what is added while it is visited.
  for (const { imports } of found)
    for (const chunk of chunks) if (imports.includes(chunk.name)) found.add(chunk)
  return found
}

export async function weigh(entry: Bounded): Promise<Weighed> {
  const chunks = await bundle(entry.source, { external: entry.external ?? [] })
  const atOnce = loadedAtOnce(chunks)
  const bytes = (some: ReadonlyArray<Chunk>): number => some.reduce((sum, chunk) => sum + chunk.gzipBytes, 0)
  const code = chunks.map((chunk) => chunk.code).join("\n")
  return {
    ...entry,
    kb: kilo(bytes([...atOnce])),
    laterKb: kilo(bytes(chunks.filter((chunk) => !atOnce.has(chunk)))),
    // Effect asks a process for one by name where there is a process: that is no import.
    ofNode: [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'`](node:[\w/]+)/g)].map(([, name]) => name),
  }
}

/** What is wrong with it, in words; empty where nothing is. */
export function excess({ kb, mostKb, laterKb, mostLaterKb, ofNode }: Weighed): ReadonlyArray<string> {
  return [
    ...(kb > mostKb ? [`weighs ${kb} kB, ${mostKb} are allowed`] : []),
    ...(laterKb > mostLaterKb ? [`may fetch ${laterKb} kB later, ${mostLaterKb} are allowed`] : []),
    ...(ofNode.length > 0 ? [`imports ${ofNode.join(", ")}`] : []),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  let failed = false
  for (const entry of ENTRIES) {
    const weighed = await weigh(entry)
    const later = weighed.laterKb === 0 ? "" : `, ${weighed.laterKb} kB more where it is asked for`
    const goal = weighed.goalKb === undefined ? "" : `; goal ${weighed.goalKb} kB, not reached`
    console.log(`${weighed.what}: ${weighed.kb} kB gzip${later} (bound ${weighed.mostKb} kB${goal})`)
    if (process.argv.includes("--parts")) {
      const [first] = await bundle(entry.source, { external: entry.external ?? [], mapped: true })
      for (const { name, gzipBytes } of partsOf(first)) console.log(`  ${kilo(gzipBytes)} kB ${name}`)
    }
    for (const line of excess(weighed)) {
      failed = true
      console.error(`  ${line}`)
    }
  }
  process.exitCode = failed ? 1 : 0
}
