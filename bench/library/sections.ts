/**
 * The sections of `npm run bench:library`: what a library of kernels costs on a disk, how much of a growth it serves, and how long it
 * takes to recover. Bounds are those of the plan.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { whole } from "../../scripts/options.ts"
import type { Row, Section } from "../../scripts/section.ts"
import { Library } from "../../src/morph/library/Library.ts"
import { MemoryStore } from "../../src/morph/library/MemoryStore.ts"
import { sha256 } from "../../src/morph/node/library/LibraryFiles.ts"
import { openLibrary } from "../../src/morph/node/library/openLibrary.ts"
import { type KernelKey, keyText } from "../../src/morph/compile/ArtifactStore.ts"
import { compileFor } from "../../src/morph/library/KernelCompiler.ts"
import { CompilerProcess } from "../../src/morph/node/compiling/CompilerProcess.ts"
import { templateKeys } from "../../src/morph/node/compiling/templateKeys.ts"
import { artifactOf, keyOf, USUAL_BYTES } from "./artifacts.ts"
import { kernelsOf, plantedIn } from "./growth.ts"

const STORED = 300
const KILLS = 20
/** Growths of a host, and those of them in which the library fills up. */
const GROWTHS = 30
const WARM_UP = 15
const COMPILED_ROWS = 128
const LARGE_BYTES = 20_000_000

/** `--artifacts` of the section large. */
export const LARGE = {
  defaults: { artifacts: "10000" },
  usage: "  --artifacts N    Of the section large: how many (default: 10000, some minutes)\n",
}

const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]
const rounded = (value: number): number => Number(value.toPrecision(2))

const timed = (work: () => unknown): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}

/** Milliseconds of processor time: what else runs meanwhile does not count. */
const worked = (work: () => unknown): number => {
  const began = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

const ms = (what: string, value: number, most?: number): Row => ({
  what,
  value: rounded(value),
  unit: "ms",
  ...(most === undefined ? {} : { most }),
})

/** Runs over a folder of its own, which is gone afterwards. */
async function inFolder<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-library-"))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Throws where what is given is not what was stored. */
function requireSame(library: Library, id: string, number: number): void {
  const expected = artifactOf(keyOf("any"), number).bytes
  if (sha256(library.get(id)?.bytes ?? new Uint8Array()) !== sha256(expected))
    throw new Error(`the kernel ${id} is not what was stored`)
}

const diskRows = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const library = openLibrary(folder)
    const keys = Array.from({ length: STORED }, (_, i) => keyOf(`kernel${i}`))
    const puts = keys.map((key, i) => timed(() => library.put(artifactOf(key, i))))
    await library.close()
    const ids = keys.map(keyText)
    const reader = openLibrary(folder, { readOnly: true })
    const gets = ids.map((id) => worked(() => reader.get(id)))
    const again = ids.slice(-100).map((id) => worked(() => reader.get(id)))
    requireSame(reader, ids[7], 7)
    await reader.close()
    const large = openLibrary(folder)
    const one = artifactOf(keyOf("large"), 1, LARGE_BYTES)
    const stored = timed(() => large.put(one))
    const fetched = timed(() => large.get(keyText(one.meta.key)))
    await large.close()
    const kilobytes = USUAL_BYTES / 1024
    return [
      ms(
        `fetch of ${kilobytes} kB from disk, with its checksum, processor time: p50`,
        quantile(gets, 0.5),
        2,
      ),
      ms(
        `fetch of ${kilobytes} kB from disk, with its checksum, processor time: p99`,
        quantile(gets, 0.99),
        10,
      ),
      ms("fetch from memory, processor time: p50", quantile(again, 0.5), 0.2),
      ms(`store of ${kilobytes} kB, on the disk: p50`, quantile(puts, 0.5), 100),
      ms(`store of ${kilobytes} kB, on the disk: p99`, quantile(puts, 0.99)),
      ms(`store of ${LARGE_BYTES / 1e6} MB, packed`, stored),
      ms(`fetch of ${LARGE_BYTES / 1e6} MB, unpacked`, fetched),
    ]
  })

/** Shares of what was planted after the warm-up that were in memory, and that needed no compiling. */
async function hitsOf(hosts: ReadonlyArray<ReadonlyArray<number>>) {
  const library = new Library(new MemoryStore(sha256), {
    nowMs: () => 0,
    digest: sha256,
    compile: (key) => Promise.resolve(artifactOf(key, 1, 1024)),
  })
  let before = library.counts
  for (let i = 0; i < GROWTHS * hosts.length; i++) {
    if (i === WARM_UP * hosts.length) before = library.counts
    for (const key of plantedIn(i + 1, hosts[i % hosts.length])) await library.fetch(key)
  }
  const { counts } = library
  const memory = counts.memory - before.memory
  const store = counts.store - before.store
  const all = memory + store + counts.compiler - before.compiler
  return {
    memory: (100 * memory) / all,
    kept: (100 * (memory + store)) / all,
    all,
  }
}

const hitRows = async (): Promise<ReadonlyArray<Row>> => {
  const one = [[4, 8, 12]]
  const many = [
    [4, 8, 12],
    [5, 10, 15],
    [6, 9, 16],
  ]
  const [small, large] = [await hitsOf(one), await hitsOf(many)]
  const share = (what: string, value: number, least?: number): Row => ({
    what,
    value: Number(value.toFixed(1)),
    unit: "%",
    ...(least === undefined ? {} : { least }),
  })
  return [
    share(`one host, ${kernelsOf(one)} kernels, ${small.all} plantings: in memory`, small.memory, 95),
    share("one host: not compiled again", small.kept, 95),
    share(`three hosts in turn, ${kernelsOf(many)} kernels, ${large.all} plantings: in memory`, large.memory),
    share("three hosts in turn: not compiled again", large.kept, 95),
  ]
}

/** Kills a process that stores kernels, at a moment that moves on from kill to kill, and opens what it leaves. */
const recoveryRows = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const times: Array<number> = []
    let lost = 0
    let damaged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const first = kill * 100_000
      const child = spawn(process.execPath, [join(import.meta.dirname, "writer.ts"), folder, String(first)], {
        stdio: ["ignore", "pipe", "inherit"],
      })
      let said = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text
      })
      await once(child.stdout, "data")
      await new Promise((resolve) => setTimeout(resolve, 20 + 7 * kill))
      child.kill("SIGKILL")
      await once(child, "close")
      const numbers = said.trim().split("\n").map(Number)
      const opened: { library: Library | null } = { library: null }
      times.push(
        timed(() => {
          opened.library = openLibrary(folder)
          requireSame(opened.library, keyText(keyOf(`written${numbers[0]}`)), numbers[0])
        }),
      )
      const library = opened.library as Library
      lost += numbers.filter((number) => library.get(keyText(keyOf(`written${number}`))) === null).length
      damaged += library.verify().problems.length
      await library.close()
    }
    return [
      ms("from opening to the first kernel, slowest", Math.max(...times), 12_000),
      {
        what: "kernels that were stored and are gone",
        value: lost,
        unit: `of ${KILLS} kills`,
        most: 0,
      },
      {
        what: "kernels that are there and not whole",
        value: damaged,
        unit: `of ${KILLS} kills`,
        most: 0,
      },
    ]
  })

/** Kernels by the compiling process, and how long it takes to have one where that is killed while it works, at a moment that moves on. */
const compilerRows = (): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const compiler = new CompilerProcess({
      directory: folder,
      breaker: { failures: KILLS + 1, restMs: 1 },
    })
    const library = openLibrary(folder, { compile: compileFor(compiler) })
    const asked = async (key: KernelKey): Promise<number> => {
      const began = performance.now()
      await library.fetch(key)
      return performance.now() - began
    }
    const keys = templateKeys([[COMPILED_ROWS, 8]]).filter(({ blueprint }) => blueprint !== "dropoutMlp")
    const first = await asked(keys[0])
    const times: Array<number> = []
    for (const key of keys.slice(1)) times.push(await asked(key))
    const after: Array<number> = []
    for (let kill = 0; kill < KILLS; kill++) {
      const [key] = templateKeys([[COMPILED_ROWS + 1 + kill, 8]])
      const answer = library.fetch(key)
      await new Promise((resolve) => setTimeout(resolve, 3 * kill))
      const began = performance.now()
      if (compiler.pid !== null) process.kill(compiler.pid, "SIGKILL")
      const { from } = await answer
      after.push(performance.now() - began)
      if (from === "none") throw new Error("a kernel was lost with one kill")
    }
    const { lost } = compiler.counts
    const { whole: sound, problems } = library.verify()
    await library.close()
    await compiler.close()
    return [
      ms("first kernel, with the start of the process", first),
      ms(`each of the ${times.length} further blueprints: p50`, quantile(times, 0.5)),
      ms("each of them: slowest", Math.max(...times)),
      ms(`from a kill to the kernel, ${lost} kills within a job: p50`, quantile(after, 0.5)),
      ms("from a kill to the kernel: slowest", Math.max(...after), 12_000),
      {
        what: "kernels that are missing, there twice, or not whole",
        value: Math.abs(sound - keys.length - KILLS) + problems.length,
        unit: `of ${KILLS} kills`,
        most: 0,
      },
    ]
  })

const largeRows = (count: number): Promise<ReadonlyArray<Row>> =>
  inFolder(async (folder) => {
    const library = openLibrary(folder)
    const shapeOf = (i: number): ReadonlyArray<number> => [128, 8 + (i % 100)]
    const key = (i: number) => keyOf(`kernel${i % 33}`, [...shapeOf(i), 1 + Math.floor(i / 33)])
    const half = count >> 1
    const puts = Array.from({ length: count }, (_, i) =>
      timed(() => library.put(artifactOf(key(i), i, 8192))),
    )
    await library.close()
    let reader = openLibrary(folder)
    await reader.close()
    const opening = timed(() => {
      reader = openLibrary(folder)
    })
    const ids = Array.from({ length: 2000 }, (_, i) => keyText(key((i * 7919) % count)))
    const gets = ids.map((id) => worked(() => reader.get(id)))
    const selecting = worked(() => reader.select({ blueprint: "kernel7" }))
    const listing = worked(() => reader.select())
    const verifying = worked(() => {
      const { whole: sound } = reader.verify()
      if (sound !== count) throw new Error(`${sound} of ${count} are whole`)
    })
    await reader.close()
    const bytes = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, { size }) => sum + size, 0)
    return [
      ms("store, first half: p50", quantile(puts.slice(0, half), 0.5), 100),
      ms("store, second half: p50", quantile(puts.slice(half), 0.5), 100),
      ms("opening", opening, 12_000),
      ms("fetch from disk, processor time: p50", quantile(gets, 0.5), 2),
      ms("fetch from disk, processor time: p99", quantile(gets, 0.99), 10),
      ms("asking for one blueprint, processor time", selecting),
      ms("list of all, processor time", listing, 1000),
      ms("verifying all, processor time", verifying),
      {
        what: "on the disk beside the kernels, each",
        value: Math.round(bytes / count - 8192),
        unit: "bytes",
      },
    ]
  })

/** In the order in which they run. */
export const sections: ReadonlyArray<Section> = [
  {
    name: "disk",
    title: "What it costs to store a kernel and to fetch it",
    measure: diskRows,
  },
  {
    name: "hits",
    title: `Kernels that random growths find, ${GROWTHS} of each host, after ${WARM_UP} of each to warm up`,
    measure: hitRows,
  },
  {
    name: "recovery",
    title: "After a kill by SIGKILL while it stores",
    measure: recoveryRows,
  },
  {
    name: "compiler",
    title: `Kernels for ${COMPILED_ROWS} rows of 8 by the compiling process, and after a kill of it`,
    measure: compilerRows,
  },
  {
    name: "large",
    title: "A library of 10,000 kernels of 8 kB, or as many as `--artifacts` says",
    measure: ({ artifacts }) => largeRows(whole("artifacts", artifacts, 100)),
  },
]
