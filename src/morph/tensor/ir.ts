/**
 * The words of the IR. A graph is a list of nodes in the order in which they run; every shape is known when it is built, so a plan
 * can be made once and run without an allocation. All tensors are single precision, row by row (the last axis is next to itself);
 * labels and indices are whole numbers in single precision.
 */
export type Shape = ReadonlyArray<number>

/** Sizes of windows, rates, axes: what an operator needs to know beside its inputs. */
export type Attributes = Readonly<Record<string, number | string | ReadonlyArray<number>>>

/** One operator of a graph, or an input or parameter, with the shape of its result. */
export interface Node {
  /** Its place in the graph. */
  readonly id: number
  /** A row of the operators' table, or `input`, `parameter`. */
  readonly op: string
  readonly inputs: ReadonlyArray<Node>
  readonly shape: Shape
  readonly attributes: Attributes
  /** The scopes and the operator, for errors: `hidden1/dense`. */
  readonly where: string
  /** Whose it is: 0 the host, k graft k. Matters to parameters and dropout only. */
  readonly owner: number
}

/** Both views of one memory. They are remade when it grows, so no kernel keeps one. */
export interface Views {
  readonly f32: Float32Array
  readonly u32: Uint32Array
}

/** Words at the head of a slice, before its parameters: see `HEAD_SEED_LOW` and what follows. */
export const HEAD_WORDS = 16
/** The seed of the owner's draws. */
export const HEAD_SEED_LOW = 0
export const HEAD_SEED_HIGH = 1
/** Optimiser steps so far: Adam's correction and the count of dropout. */
export const HEAD_STEP = 2

/** Axes that a tensor has at most. */
export const MOST_AXES = 4

/** A node whose tensors have places. All offsets count words of four bytes from the start of the memory; -1 is none. */
export interface Step {
  readonly node: Node
  /** What `Rule.geometry` made of the shapes; empty without it. */
  readonly geometry: Int32Array
  /** What `Rule.constants` made of the attributes; empty without it. */
  readonly constants: Float64Array
  /** Numbers in the node's own tensor. */
  readonly size: number
  readonly out: number
  /** The gradient of the loss by this node; -1 where nobody asks for it. */
  readonly gradient: number
  readonly ins: Int32Array
  /** Numbers in each input. */
  readonly inSizes: Int32Array
  /** Where the gradients of the inputs are added up; -1 where none is wanted. */
  readonly inGradients: Int32Array
  /** What `forward` keeps for `backward`; see `Rule.saved`. */
  readonly saved: number
  /** The head of the owner's slice, where dropout finds its seed and count; -1 where the owner has none in this arena. */
  readonly head: number
}

export type Kernel = (views: Views, step: Step) => void

/** What an operator takes and gives, whichever way it is run. */
export interface Rule {
  /** Number of inputs, least and most. */
  readonly arity: readonly [number, number]
  /** The shape of the result; throws `TensorError` with both shapes where they do not fit. */
  readonly shape: (inputs: ReadonlyArray<Shape>, attributes: Attributes, where: string) => Shape
  /** Whole numbers that the kernels read instead of shapes: made once, when a plan is. */
  readonly geometry?: (node: Node) => ReadonlyArray<number>
  /** Broken numbers that the kernels read instead of attributes, whose doubles may be allocated when they are read. */
  readonly constants?: (node: Node) => ReadonlyArray<number>
  /** Words that `forward` writes beside its result for `backward` to read. */
  readonly saved?: (node: Node) => number
}

/** An operator as plain loops. */
export interface Loops {
  readonly forward: Kernel
  /** Adds to the gradients of the inputs. Absent where none flows. */
  readonly backward?: Kernel
}

/** Tensors begin at a multiple of four words, so that a SIMD load is aligned. */
export const aligned = (words: number): number => (words + 3) & ~3

export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1)

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, i) => length === b[i])

export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`
