/**
 * A small language for the kernels of `src/morph/tensor/fast`, translated to WebAssembly text. It has what kernels need and no more:
 * whole numbers (`int`), four lanes of single precision (`vec`) and 64-bit words (`long`); assignments, `for`, `while`, `if`, calls.
 *
 *     fn twice(x: vec): vec { return x + x }
 *     kernel double(y, x, n) {
 *       for (i = 0; i < n; i += 16) { store(y + i, twice(load(x + i))) }
 *     }
 *
 * A variable has the type of what is first assigned to it. A number beside a `vec` stands for four lanes of it. A name with a dot is
 * the instruction of that name. A `kernel` takes one thing, the address of its instruction in memory, whose words from the third on are
 * its arguments; the address itself is `instruction`. An argument that is a `vec` is a number by its bits, in every lane.
 */
import { Emitter } from "./Emitter.ts"
import { type Type, WASM } from "./instructions.ts"
import { parse, type Routine } from "./syntax.ts"

export interface Kernel {
  readonly name: string
  readonly parameters: ReadonlyArray<string>
}

export interface Translation {
  readonly functions: string
  readonly kernels: ReadonlyArray<Kernel>
}

/** What a source declares. */
export interface Program {
  readonly constants: ReadonlyMap<string, number>
  readonly routines: ReadonlyMap<string, Routine>
}

export function read(source: string): Program {
  const { constants, routines } = parse(source)
  const numbers = new Map([
    ["inf", Number.POSITIVE_INFINITY],
    ["nan", Number.NaN],
  ])
  for (const [name, expression] of constants) {
    const { number } = new Emitter(numbers, new Map(), false).value(expression)
    if (number === undefined) throw new Error(`${name} must be a number`)
    numbers.set(name, number)
  }
  return { constants: numbers, routines: new Map(routines.map((routine) => [routine.name, routine])) }
}

/** Every routine as it is. */
export function translate(source: string): Translation {
  const { constants, routines } = read(source)
  const all = [...routines.values()]
  const emitted = all.map((routine) => {
    const emitter = new Emitter(constants, routines, false)
    return routine.kind === "kernel" ? kernelText(emitter, routine) : functionText(emitter, routine)
  })
  const kernels = all.filter(({ kind }) => kind === "kernel")
  return {
    functions: emitted.join("\n"),
    kernels: kernels.map(({ name, parameters }) => ({ name, parameters: parameters.map(([one]) => one) })),
  }
}

function kernelText(emitter: Emitter, { name, parameters, body }: Routine): string {
  emitter.declare("instruction", "int")
  for (const [parameter, type] of parameters) emitter.declare(parameter, type)
  const reads = parameters
    .map(([parameter, type], i) => {
      const read = type === "vec" ? "v128.load32_splat" : "i32.load"
      return `(local.set $${parameter} (${read} offset=${8 + 4 * i} (local.get $instruction)))`
    })
    .join("\n")
  const text = emitter.block(body).join("\n")
  return `(func $${name} (type $kernel) (param $instruction i32) ${declared(emitter, 1)}\n${reads}\n${text})`
}

function functionText(emitter: Emitter, { name, parameters, result, body }: Routine): string {
  for (const [parameter, type] of parameters) emitter.declare(parameter, type)
  emitter.returns(result)
  const text = emitter.block(body).join("\n")
  const given = parameters.map(([parameter, type]) => `(param $${parameter} ${WASM[type]})`).join(" ")
  const gives = result === "none" ? "" : `(result ${WASM[result]})`
  return `(func $${name} ${given} ${gives} ${declared(emitter, parameters.length)}\n${text})`
}

/** The locals behind those that are given. */
export const declared = ({ locals }: { readonly locals: ReadonlyMap<string, Type> }, given: number): string =>
  [...locals]
    .slice(given)
    .map(([local, type]) => `(local $${local} ${WASM[type]})`)
    .join(" ")
