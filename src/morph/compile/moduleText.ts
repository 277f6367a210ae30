/**
 * A graft as the text of one WebAssembly module: a function for each of its operators, with all sizes and distances constant, and one for
 * each pass, which calls them. A product, its bias and the function behind it are one loop. The numbers are those of the SIMD module,
 * bit for bit, because each is computed from the same numbers in the same order.
 */
import { KERNELS } from "../tensor/fast/kernelBytes.ts"
import { Emitter } from "./kernels/Emitter.ts"
import { WASM } from "./kernels/instructions.ts"
import { STANDARD_TILE, type Tile } from "./kernels/knownProducts.ts"
import { type Program, read } from "./kernels/language.ts"
import { MAP_VALUES } from "./kernels/maps.ts"
import { knownSource } from "./kernels/module.ts"
import { BASES } from "./kernels/places.ts"
import type { Located } from "./segments.ts"

/** By export. */
export type Passes = Readonly<Record<string, Located>>

export interface ModuleText {
  readonly text: string
  /** Operators that were fused into the loop before them. */
  readonly fused: number
}

interface Instruction {
  readonly kernel: string
  readonly given: ReadonlyArray<number>
}

const NAMES = Object.keys(KERNELS)
const GIVEN = BASES.map((base) => `(param $${base} i32)`).join(" ")
const HANDED = BASES.map((base) => `(local.get $${base})`).join(" ")

const programs = new Map<string, Program>()

/** Parsed once for each tile. */
function programFor(tile: Tile): Program {
  const key = `${tile.rows} ${tile.vectors}`
  let program = programs.get(key)
  if (program === undefined) programs.set(key, (program = read(knownSource(tile))))
  return program
}

export function moduleText(passes: Passes, isShared: boolean, tile: Tile = STANDARD_TILE): ModuleText {
  const program = programFor(tile)
  const functions: Array<string> = []
  let fused = 0
  const exports = Object.entries(passes).map(([pass, located]) => {
    const calls: Array<string> = []
    const all = instructionsOf(located)
    for (let i = 0; i < all.length; i++) {
      const joined = fusedOf(all[i], all[i + 1], located)
      const instruction = joined ?? all[i]
      const label = `${pass}.${functions.length}.${instruction.kernel}`
      functions.push(functionText(program, label, all[i].title, instruction))
      calls.push(`(call $${label} ${HANDED})`)
      if (joined === null) continue
      fused++
      i++
    }
    return `(func (export "${pass}") ${GIVEN}\n${calls.join("\n")})`
  })
  const memory = `(import "arqon" "memory" (memory 1 65536${isShared ? " shared" : ""}))`
  return { text: indented(`(module\n${memory}\n${[...functions, ...exports].join("\n")})\n`), fused }
}

function instructionsOf({ words, marks }: Located): ReadonlyArray<Instruction & { readonly title: string }> {
  const found: Array<Instruction & { readonly title: string }> = []
  for (let at = 0; at < words.length; ) {
    const length = words[at + 1] / 4
    const { step } = marks.findLast((mark) => mark.at <= at) as (typeof marks)[number]
    const { where, shape, inputs } = step.node
    const shapes = inputs.map((input) => `[${input.shape.join(", ")}]`).join(" ")
    found.push({
      kernel: NAMES[words[at]],
      given: words.slice(at + 2, at + length),
      title: `${where}: ${shapes} to [${shape.join(", ")}]`,
    })
    at += length
  }
  return found
}

/** A product of one matrix and the function of all its results that comes next, as one instruction; null where they are not that. */
function fusedOf(
  { kernel, given }: Instruction,
  next: Instruction | undefined,
  { marks }: Located,
): Instruction | null {
  if (kernel !== "product" || next === undefined || !Object.hasOwn(MAP_VALUES, next.kernel)) return null
  const [c, , , , m, , n, cRow, , , , batch] = given
  const [y, x, count] = next.given
  if (x !== c || count !== m * n || cRow !== 4 * n || batch !== 1) return null
  const product = marks.find(({ step }) => step.out * 4 === c)?.step.node
  const readers = marks.filter(({ step }) => product !== undefined && step.node.inputs.includes(product))
  // Going back these read what they gave, and the product reads nothing of its result.
  const isKept = readers.length !== 1 || !READS_RESULT.has(next.kernel)
  return {
    kernel: `product_${next.kernel}`,
    given: [...given.slice(0, 11), y - c, isKept ? 1 : 0],
  }
}

const READS_RESULT: ReadonlySet<string> = new Set(["relu", "tanhOf", "sigmoidOf", "expOf"])

/** One instruction as a function. */
function functionText(
  { constants, routines }: Program,
  label: string,
  title: string,
  { kernel, given }: Instruction,
): string {
  const routine = routines.get(kernel)
  if (routine === undefined) throw new Error(`There is no kernel ${kernel}.`)
  const emitter = new Emitter(constants, routines, true)
  for (const base of BASES) emitter.locals.set(base, "int")
  routine.parameters.forEach(([name, type], i) => {
    if (type !== "vec") emitter.bind(name, given[i])
    else {
      const word = given[i]
      const bits = word === 0 ? { bits: 0 as const } : word === -1 ? { bits: -1 as const } : {}
      const lanes = `${word} ${word} ${word} ${word}`
      emitter.declare(name, "vec", { text: `(v128.const i32x4 ${lanes})`, ...bits })
    }
  })
  const body = emitter.block(routine.body).join("\n")
  const used = new Set([...body.matchAll(/\$[\w.]+/g)].map(([name]) => name.slice(1)))
  const locals = [...emitter.locals]
    .slice(BASES.length)
    .filter(([local]) => used.has(local))
    .map(([local, type]) => `(local $${local} ${WASM[type]})`)
    .join(" ")
  return `;; ${title}\n(func $${label} ${GIVEN}\n${locals}\n${body})`
}

/** Two blanks for each parenthesis that is open. */
function indented(text: string): string {
  let depth = 0
  return text
    .split("\n")
    .map((line) => {
      const own = line.trim()
      const shown = own === "" ? "" : `${"  ".repeat(Math.max(0, depth))}${own}`
      if (!own.startsWith(";;"))
        for (const character of own) depth += character === "(" ? 1 : character === ")" ? -1 : 0
      return shown
    })
    .join("\n")
}
