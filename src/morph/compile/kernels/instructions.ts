/** What the operators and short names of the language stand for in WebAssembly. */

/** `none` is what a store gives. */
export type Type = "int" | "vec" | "long" | "none"

export const PRECEDENCE: Readonly<Record<string, number>> = {
  "|": 1,
  "^": 2,
  "&": 3,
  "==": 4,
  "!=": 4,
  "<": 5,
  ">": 5,
  "<=": 5,
  ">=": 5,
  "<<": 6,
  ">>": 6,
  ">>>": 6,
  "+": 7,
  "-": 7,
  "*": 8,
  "/": 8,
}

export const INT: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div_s",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shl",
  ">>": "shr_s",
  ">>>": "shr_u",
  "<": "lt_s",
  ">": "gt_s",
  "<=": "le_s",
  ">=": "ge_s",
  "==": "eq",
  "!=": "ne",
}
export const VEC: Readonly<Record<string, string>> = {
  "+": "f32x4.add",
  "-": "f32x4.sub",
  "*": "f32x4.mul",
  "/": "f32x4.div",
  "<": "f32x4.lt",
  ">": "f32x4.gt",
  "<=": "f32x4.le",
  ">=": "f32x4.ge",
  "==": "f32x4.eq",
  "!=": "f32x4.ne",
  "&": "v128.and",
  "|": "v128.or",
  "^": "v128.xor",
}
export const COMPARISONS = new Set(["<", ">", "<=", ">=", "==", "!="])
export const WASM: Readonly<Record<Type, string>> = { int: "i32", vec: "v128", long: "i64", none: "" }

/** Reads and writes of memory: the instruction, what it gives, and whether it takes a value. A last number is an offset. */
export const ACCESS: Readonly<
  Record<string, readonly [instruction: string, result: Type, value: Type | null]>
> = {
  load: ["v128.load", "vec", null],
  splat: ["v128.load32_splat", "vec", null],
  first: ["v128.load32_zero", "vec", null],
  word: ["i32.load", "int", null],
  longWord: ["i64.load32_u", "long", null],
  store: ["v128.store", "none", "vec"],
  storeWord: ["i32.store", "none", "int"],
  storeLong: ["i64.store", "none", "long"],
}
export const VECTOR: Readonly<Record<string, string>> = {
  max: "f32x4.max",
  // Unlike min and max these are one instruction of the processor; a NaN in the first place comes out, one in the second does not.
  least: "f32x4.pmin",
  most: "f32x4.pmax",
  sqrt: "f32x4.sqrt",
  abs: "f32x4.abs",
  neg: "f32x4.neg",
}
