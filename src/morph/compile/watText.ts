/**
 * The forward pass of a program as WebAssembly text for one layout: every size and address is a constant. A dense layer, its bias and
 * the relu behind it are one loop. Sums begin at the bias and follow the inputs in order, so the same layout gives the same bits
 * on every machine. Relu is `max`, which hands on a NaN.
 */
import { type Node, type Step, sizeOf } from "../tensor/ir.ts"
import type { Layout } from "../tensor/Layout.ts"
import { TensorError } from "../tensor/TensorError.ts"

/** Vectors of four numbers that one loop over the inputs of a dense layer adds up. */
const MOST_VECTORS = 8
const LANES = 4
const BYTES = 4

const BINARY: Readonly<Record<string, string>> = { add: "add", subtract: "sub", multiply: "mul" }

/** A module as text. */
export interface WatText {
  readonly text: string
  /** Operators that were fused into the loop before them. */
  readonly fused: number
}

/**
 * The text of a module that imports `arqon.memory` and exports `forward`.
 *
 * Throws a `TensorError` that names the operator where one has no text yet.
 */
export function watText(layout: Layout, shared = false): WatText {
  const { steps } = layout
  const parts: Array<string> = []
  let fused = 0
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]
    const next = steps[i + 1]
    const isFused =
      step.node.op === "dense" && next?.node.op === "relu" && isOnlyRead(layout, step.node, next)
    if (step.node.op === "dense") parts.push(denseText(step, isFused ? next : null))
    else if (step.node.op === "relu") parts.push(mapText(step, "max", "0"))
    else if (step.node.op === "scale") parts.push(mapText(step, "mul", String(step.constants[0])))
    else if (Object.hasOwn(BINARY, step.node.op)) parts.push(binaryText(step))
    else
      throw new TensorError(
        step.node.where,
        `has the operator ${step.node.op}, which is not compiled`,
        "Run it as `fast`",
      )
    if (!isFused) continue
    fused++
    i++
  }
  const flags = shared ? " shared" : ""
  const text = `(module
  (import "arqon" "memory" (memory 1 65536${flags}))
  (func (export "forward")
    (local $x i32) (local $y i32) (local $w i32) (local $end i32) (local $a v128) (local $b f32)
    ${Array.from({ length: MOST_VECTORS }, (_, i) => `(local $v${i} v128)`).join(" ")} (local $s f32)
${parts.join("\n")}))
`
  return { text, fused }
}

/** Whether nobody but the next step reads a node's value. */
function isOnlyRead({ program }: Layout, node: Node, next: Step): boolean {
  const readers = program.nodes.filter(({ inputs }) => inputs.includes(node))
  return readers.length === 1 && next.node.inputs[0] === node && !program.outputs.includes(node)
}

const indented = (lines: ReadonlyArray<string>): string => lines.map((line) => `    ${line}`).join("\n")

function denseText(step: Step, relu: Step | null): string {
  const [rows, ins, outs] = step.geometry
  const name = relu === null ? step.node.where : `${step.node.where} and relu`
  const lines = [`;; ${name}: ${rows} rows of ${ins} to ${outs}`]
  for (let column = 0; column < outs; ) {
    const vectors = Math.min(MOST_VECTORS, Math.floor((outs - column) / LANES))
    lines.push(...columnsText(step, relu, column, vectors))
    column += Math.max(1, vectors * LANES)
  }
  return indented(lines)
}

/** Some columns of a dense layer: so many vectors of four, or one number where there are none. */
function columnsText(step: Step, relu: Step | null, column: number, vectors: number): Array<string> {
  const [rows, ins, outs] = step.geometry
  const [x, w, bias = -1] = [...step.ins]
  const type = vectors > 0 ? "f32x4" : "f32"
  const memory = vectors > 0 ? "v128" : "f32"
  const names = vectors > 0 ? Array.from({ length: vectors }, (_, i) => `$v${i}`) : ["$s"]
  const zero = vectors > 0 ? "(v128.const f32x4 0 0 0 0)" : "(f32.const 0)"
  const one = vectors > 0 ? "$a" : "$b"
  const load = vectors > 0 ? "v128.load32_splat" : "f32.load"
  const far = (i: number): string => (i === 0 ? "" : ` offset=${i * LANES * BYTES}`)
  const began = (i: number): string =>
    bias < 0 ? zero : `(${memory}.load${far(i)} (i32.const ${(bias + column) * BYTES}))`
  const ended = (name: string): string =>
    relu === null ? `(local.get ${name})` : `(${type}.max (local.get ${name}) ${zero})`
  const label = `${step.node.id}c${column}`
  return [
    `(local.set $x (i32.const ${x * BYTES}))`,
    `(local.set $y (i32.const ${((relu ?? step).out + column) * BYTES}))`,
    `(loop $rows${label}`,
    ...names.map((name, i) => `  (local.set ${name} ${began(i)})`),
    `  (local.set $w (i32.const ${(w + column) * BYTES}))`,
    `  (local.set $end (i32.add (local.get $x) (i32.const ${ins * BYTES})))`,
    `  (loop $ins${label}`,
    `    (local.set ${one} (${load} (local.get $x)))`,
    ...names.map(
      (name, i) =>
        `    (local.set ${name} (${type}.add (local.get ${name}) (${type}.mul (local.get ${one}) (${memory}.load${far(i)} (local.get $w)))))`,
    ),
    `    (local.set $w (i32.add (local.get $w) (i32.const ${outs * BYTES})))`,
    `    (local.set $x (i32.add (local.get $x) (i32.const ${BYTES})))`,
    `    (br_if $ins${label} (i32.lt_u (local.get $x) (local.get $end))))`,
    ...names.map((name, i) => `  (${memory}.store${far(i)} (local.get $y) ${ended(name)})`),
    `  (local.set $y (i32.add (local.get $y) (i32.const ${outs * BYTES})))`,
    `  (br_if $rows${label} (i32.lt_u (local.get $x) (i32.const ${(x + rows * ins) * BYTES}))))`,
  ]
}

/**
 * A loop over `count` numbers that follow one another: `value` gives one of them, or four, from the addresses in `$x` and `$w`. It ends
 * where `bound`, which begins at the word `at`, has passed them.
 */
function loopText(
  label: string,
  bound: "$y" | "$w",
  at: number,
  count: number,
  value: (isVector: boolean) => string,
): Array<string> {
  const pass = (isVector: boolean, name: string, until: number): Array<string> => [
    `(loop $${name}`,
    `  (${isVector ? "v128" : "f32"}.store (local.get $y) ${value(isVector)})`,
    ...["$x", "$w", "$y"].map(
      (local) =>
        `  (local.set ${local} (i32.add (local.get ${local}) (i32.const ${isVector ? LANES * BYTES : BYTES})))`,
    ),
    `  (br_if $${name} (i32.lt_u (local.get ${bound}) (i32.const ${until * BYTES}))))`,
  ]
  return [
    ...(count >= LANES ? pass(true, `${label}v`, at + count - (count % LANES)) : []),
    ...(count % LANES > 0 ? pass(false, `${label}s`, at + count) : []),
  ]
}

/** An operator of each number and one constant. */
function mapText(step: Step, operator: string, constant: string): string {
  const four = `(v128.const f32x4 ${Array.from({ length: LANES }, () => constant).join(" ")})`
  const value = (isVector: boolean): string =>
    isVector
      ? `(f32x4.${operator} (v128.load (local.get $x)) ${four})`
      : `(f32.${operator} (f32.load (local.get $x)) (f32.const ${constant}))`
  return indented([
    `;; ${step.node.where}: ${step.size} numbers`,
    `(local.set $x (i32.const ${step.ins[0] * BYTES}))`,
    `(local.set $y (i32.const ${step.out * BYTES}))`,
    ...loopText(`n${step.node.id}`, "$y", step.out, step.size, value),
  ])
}

/** An operator of two tensors of one shape, or of rows and one row. */
function binaryText(step: Step): string {
  const [a, b] = step.node.inputs
  const across = sizeOf(b.shape)
  const isRepeated = across !== step.size
  if (sizeOf(a.shape) !== step.size || (isRepeated && (b.shape.length !== 1 || across !== a.shape.at(-1))))
    throw new TensorError(
      step.node.where,
      `repeats the shape [${b.shape.join(", ")}] in a way that is not compiled`,
      "Run it as `fast`",
    )
  const operator = BINARY[step.node.op]
  const value = (isVector: boolean): string => {
    const load = isVector ? "v128.load" : "f32.load"
    const type = isVector ? "f32x4" : "f32"
    return `(${type}.${operator} (${load} (local.get $x)) (${load} (local.get $w)))`
  }
  const lines = [
    `;; ${step.node.where}: ${step.size} numbers`,
    `(local.set $x (i32.const ${step.ins[0] * BYTES}))`,
    `(local.set $y (i32.const ${step.out * BYTES}))`,
  ]
  const begin = `(local.set $w (i32.const ${step.ins[1] * BYTES}))`
  const label = `n${step.node.id}`
  if (!isRepeated) return indented([...lines, begin, ...loopText(label, "$y", step.out, step.size, value)])
  const end = (step.out + step.size) * BYTES
  return indented([
    ...lines,
    `(loop $${label}rows`,
    `  ${begin}`,
    ...loopText(label, "$w", step.ins[1], across, value).map((line) => `  ${line}`),
    `  (br_if $${label}rows (i32.lt_u (local.get $y) (i32.const ${end}))))`,
  ])
}
