import type { Arena } from "../Arena.ts"
import { KERNELS } from "./kernelBytes.ts"
import { kernelsOver, type Run } from "./kernels.ts"

/** Words of the block: two of the state, then one instruction. */
const INSTRUCTION = 4
const WORDS = INSTRUCTION + 5

/**
 * Hashes words of an arena: FNV-1a over words with 64 bits of state (Fowler et al.), so one changed word always changes it, and other
 * changes go unseen once in 2^64. It tells a number that changed from one that did not; it does not stand against an attacker.
 */
export class WordHash {
  private readonly arena: Arena
  private readonly run: Run
  private readonly block: number

  constructor(arena: Arena) {
    this.arena = arena
    this.run = kernelsOver(arena.memory)
    this.block = arena.reserve(WORDS)
  }

  /** Writes the hash of so many words from `offset` on as two words, the low one first. Allocates nothing. */
  read(offset: number, words: number, into: Uint32Array, at = 0): void {
    const { block } = this
    const { u32 } = this.arena.views
    const start = block + INSTRUCTION
    u32[start] = KERNELS.hash
    u32[start + 1] = 20
    u32[start + 2] = block * 4
    u32[start + 3] = offset * 4
    u32[start + 4] = words
    this.run(start * 4, start * 4 + 20)
    into[at] = u32[block]
    into[at + 1] = u32[block + 1]
  }

  release(): void {
    this.arena.release(this.block)
  }
}
