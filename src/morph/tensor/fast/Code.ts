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

  constructor(scratch = 0) {
    this.scratch = scratch
  }

  add<K extends KernelName>(kernel: K, ...given: KernelArguments[K]): this {
    this.words.push(KERNELS[kernel], 8 + 4 * given.length, ...given)
    return this
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
