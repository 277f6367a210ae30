import { KERNELS, type KernelArguments } from "./kernelBytes.ts"

export type KernelName = keyof typeof KERNELS

/**
 * Instructions for the SIMD module, as words, in the order in which they run: the number of a kernel, the bytes of the instruction, its
 * arguments. Addresses and distances count bytes, sizes count numbers; a number is handed over by its bits.
 */
export class Code {
  readonly words: Array<number> = []
  /** Where kernels may put what no later instruction reads, in bytes. */
  readonly scratch: number
  /** Words of scratch that the instructions so far use. */
  scratchWords = 0

  /** Gradients, in words, that nothing has been added to yet. */
  untouched: Set<number> = new Set<number>()
  /** Those whose first share was added by what cannot begin one: they have to be 0 before. */
  readonly cleared: Set<number> = new Set<number>()

  constructor(scratch = 0) {
    this.scratch = scratch
  }

  add<K extends KernelName>(kernel: K, ...given: KernelArguments[K]): this {
    this.words.push(KERNELS[kernel], 8 + 4 * given.length, ...given)
    return this
  }

  /** Names the gradients that the instructions from here on add up. */
  expect(gradients: Iterable<number>): void {
    this.untouched = new Set(gradients)
  }

  /** Shares of these gradients have been added by now. */
  settle(gradients: Iterable<number>): void {
    for (const gradient of gradients) if (this.untouched.delete(gradient)) this.cleared.add(gradient)
  }

  /** Whether the share that comes next is the first of a gradient (in words), which then begins with it: an answer given once. */
  isFirst(gradient: number): boolean {
    return this.untouched.delete(gradient)
  }

  /** The same for a kernel that takes what to keep: no bit of what is there, or all. */
  keep(gradient: number): number {
    return this.isFirst(gradient) ? 0 : -1
  }

  /** Room for so many words that one operator needs while it runs. */
  room(words: number): number {
    this.scratchWords = Math.max(this.scratchWords, words)
    return this.scratch
  }

  get bytes(): number {
    return 4 * this.words.length
  }

  /** Writes the instructions to `at`, in bytes; returns the address behind them. */
  writeTo(memory: WebAssembly.Memory, at: number): number {
    new Int32Array(memory.buffer, at, this.words.length).set(this.words)
    return at + this.bytes
  }
}
