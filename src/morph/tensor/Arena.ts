import { fillInitial } from "./initialisers.ts"
import { aligned, HEAD_SEED_HIGH, HEAD_SEED_LOW, HEAD_WORDS, type Node, sizeOf, type Views } from "./ir.ts"
import { TensorError } from "./TensorError.ts"

/** Words at the start that belong to the caller: 64 bytes for the emergency word and what else has to outlive a thread. */
export const CALLER_WORDS = 16
const MAGIC = 0x41525154
const VERSION = 1
const AT_MAGIC = CALLER_WORDS
const AT_VERSION = 17
const AT_COUNT = 18
const AT_LIMIT = 19
const DIRECTORY = 32
/** Words of an entry: owner, offset, words, words of one of its four parts. */
const ENTRY = 4
const MOST_ENTRIES = 252
const FIRST = DIRECTORY + ENTRY * MOST_ENTRIES
const SCRATCH = 0xffffffff
const PAGE_WORDS = 16384
/** Words behind the last block, because SIMD kernels read up to 60 bytes past the end of a tensor (and use none of them). */
const BEYOND_WORDS = 16

/** What one owner has in the arena. Offsets and lengths count words; the four parts have one layout and one length. */
export interface Slice {
  readonly owner: number
  readonly head: number
  readonly parameters: number
  readonly gradients: number
  /** First moments: momentum, or Adam's mean of the gradients. */
  readonly first: number
  /** Second moments: Adam's mean of their squares. */
  readonly second: number
  /** Words of a part, padding included; the padding is always zero. A multiple of four. */
  readonly length: number
  /** Words of it all, from `head`. */
  readonly words: number
}

/** A row of the offset table: where a tensor is within each of the four parts. */
export interface Place {
  readonly name: string
  readonly owner: number
  readonly offset: number
  readonly size: number
}

export interface ArenaOptions {
  /** Most bytes it may grow to. */
  readonly maxBytes?: number
  /** Whether threads share it. A browser without cross-origin isolation has plain memory only. */
  readonly shared?: boolean
}

/**
 * All numbers of a host and its grafts in one memory. An owner has one slice: a head, then parameters, gradients and two moments in one
 * layout. A slice never moves, so appending another changes no bit of it. Plans reserve blocks for their values. A directory at the
 * start says where all of it is, so that another thread can open the memory when this one hangs.
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  private current: Views
  private readonly slices = new Map<number, Slice>()
  private readonly places = new Map<string, Place>()

  /** Opens a memory that an arena was made in. Blocks of plans are given back; call `append` for each owner to name its tensors. */
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory
    this.current = viewsOf(memory)
    const { u32 } = this.current
    if (u32[AT_MAGIC] !== MAGIC || u32[AT_VERSION] !== VERSION)
      throw new TensorError("arena", "the memory holds no arena of this version", "Make one with Arena.make")
    for (let i = u32[AT_COUNT] - 1; i >= 0; i--) if (u32[DIRECTORY + i * ENTRY] === SCRATCH) this.erase(i)
  }

  static make({ maxBytes = 1 << 28, shared = false }: ArenaOptions = {}): Arena {
    const maximum = Math.floor(maxBytes / (PAGE_WORDS * 4))
    if (!(maximum >= 1 && maximum <= 16384))
      throw new TensorError("arena", `has maxBytes ${maxBytes}`, "Give 65536 (64 KiB) to 1073741824 (1 GiB)")
    const memory = new WebAssembly.Memory({ initial: 1, maximum, shared })
    const u32 = new Uint32Array(memory.buffer)
    u32[AT_MAGIC] = MAGIC
    u32[AT_VERSION] = VERSION
    u32[AT_LIMIT] = maximum * PAGE_WORDS
    return new Arena(memory)
  }

  /** The same for a thread that was ended half-way: nothing in the memory can be trusted, so all but the caller's words is emptied. */
  static emptied(memory: WebAssembly.Memory): Arena {
    const u32 = new Uint32Array(memory.buffer)
    u32[AT_COUNT] = 0
    u32.fill(0, DIRECTORY)
    return new Arena(memory)
  }

  /** The memory's numbers. Growth replaces them: read them for each run, keep none. */
  get views(): Views {
    if (this.current.f32.buffer !== this.memory.buffer) this.current = viewsOf(this.memory)
    return this.current
  }

  /**
   * Makes an owner's slice from the parameters of a graph, with initial values drawn from the seed. Where the memory already holds one
   * of the same length, its values stay: so a new thread goes on with an old one's memory.
   */
  append(owner: number, parameters: ReadonlyArray<Node>, seed: number): Slice {
    if (!Number.isInteger(owner) || owner < 0 || owner > 0xffff)
      throw new TensorError("arena", `has no owner ${owner}`, "Give a whole number from 0 to 65535")
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new TensorError(
        `owner ${owner}`,
        `has the seed ${seed}`,
        "Give a whole number from 0 to 2^53 - 1",
      )
    if (this.slices.has(owner))
      throw new TensorError(`owner ${owner}`, "has a slice already", "Remove it first, or take another owner")
    const length = parameters.reduce((sum, { shape }) => sum + aligned(sizeOf(shape)), 0)
    const words = HEAD_WORDS + 4 * length
    const known = this.find((at, u32) => u32[at] === owner)
    if (known !== null && known[3] !== length)
      throw new TensorError(
        `owner ${owner}`,
        `has ${known[3]} words of parameters in this memory, not ${length}`,
        "Append the parameters it was made with",
      )
    const head = known === null ? this.take(owner, words, length) : known[1]
    const start = head + HEAD_WORDS
    const slice: Slice = {
      owner,
      head,
      parameters: start,
      gradients: start + length,
      first: start + 2 * length,
      second: start + 3 * length,
      length,
      words,
    }
    this.slices.set(owner, slice)
    let offset = 0
    for (const node of parameters) {
      const name = node.attributes["name"] as string
      const size = sizeOf(node.shape)
      this.places.set(`${owner}:${name}`, { name, owner, offset, size })
      offset += aligned(size)
    }
    if (known === null) {
      const { u32 } = this.views
      u32[head + HEAD_SEED_LOW] = seed >>> 0
      u32[head + HEAD_SEED_HIGH] = Math.floor(seed / 4294967296)
      for (let i = 0; i < parameters.length; i++)
        fillInitial(this.views, head, i, parameters[i], this.offsetOf(parameters[i]))
    }
    return slice
  }

  /** Removes an owner: every word of its slice becomes zero and free. */
  remove(owner: number): void {
    const { head } = this.slice(owner)
    this.release(head)
    this.slices.delete(owner)
    for (const [key, place] of this.places) if (place.owner === owner) this.places.delete(key)
  }

  slice(owner: number): Slice {
    const found = this.slices.get(owner)
    if (found === undefined)
      throw new TensorError(`owner ${owner}`, "has no slice in this arena", "Append its parameters first")
    return found
  }

  get owners(): ReadonlyArray<number> {
    return [...this.slices.keys()]
  }

  /** The offset table of an owner, in the order of its parameters. */
  table(owner: number): ReadonlyArray<Place> {
    return [...this.places.values()].filter((place) => place.owner === owner)
  }

  /** Where a parameter is, in words. */
  offsetOf(parameter: Node): number {
    return this.slice(parameter.owner).parameters + this.placeOf(parameter).offset
  }

  gradientOf(parameter: Node): number {
    return this.slice(parameter.owner).gradients + this.placeOf(parameter).offset
  }

  zeroGradients(owner: number): void {
    const { gradients, length } = this.slice(owner)
    this.views.f32.fill(0, gradients, gradients + length)
  }

  /** A copy of the whole slice: head, parameters, gradients, moments. Words, not numbers, so that no NaN changes its bits. */
  snapshot(owner: number, into?: Uint32Array): Uint32Array {
    const { head, words } = this.slice(owner)
    const copy = into ?? new Uint32Array(words)
    if (copy.length !== words)
      throw new TensorError(
        `owner ${owner}`,
        `has ${words} words, the copy ${copy.length}`,
        "Give a copy as long",
      )
    const { u32 } = this.views
    for (let i = 0; i < words; i++) copy[i] = u32[head + i]
    return copy
  }

  restore(owner: number, from: Uint32Array): void {
    const { head, words } = this.slice(owner)
    if (from.length !== words)
      throw new TensorError(
        `owner ${owner}`,
        `has ${words} words, the snapshot ${from.length}`,
        "Give a snapshot of this owner",
      )
    this.views.u32.set(from, head)
  }

  /** Takes a block for a plan, zeroed, and returns where it begins, in words. */
  reserve(words: number): number {
    return this.take(SCRATCH, Math.max(4, words), 0)
  }

  /** Zeroes and gives back a block or a slice. */
  release(offset: number): void {
    const { u32 } = this.views
    for (let i = 0; i < u32[AT_COUNT]; i++) {
      const at = DIRECTORY + i * ENTRY
      if (u32[at + 1] !== offset) continue
      u32.fill(0, offset, offset + u32[at + 2])
      this.erase(i)
      return
    }
    throw new TensorError("arena", `holds no block at ${offset}`, "Release a block once")
  }

  private placeOf(parameter: Node): Place {
    const name = parameter.attributes["name"] as string
    const place = this.places.get(`${parameter.owner}:${name}`)
    if (place === undefined || place.size !== sizeOf(parameter.shape))
      throw new TensorError(
        parameter.where,
        `is no tensor of ${sizeOf(parameter.shape)} numbers of owner ${parameter.owner}`,
        "Append the parameters that the program uses",
      )
    return place
  }

  private find(matches: (at: number, u32: Uint32Array) => boolean): Uint32Array | null {
    const { u32 } = this.views
    for (let i = 0; i < u32[AT_COUNT]; i++) {
      const at = DIRECTORY + i * ENTRY
      if (matches(at, u32)) return u32.slice(at, at + ENTRY)
    }
    return null
  }

  /** First fit between the blocks, which are listed by their offset; the memory grows where there is no gap. */
  private take(owner: number, wanted: number, part: number): number {
    const words = (wanted + 15) & ~15
    const { u32 } = this.views
    const count = u32[AT_COUNT]
    if (count === MOST_ENTRIES)
      throw new TensorError(
        "arena",
        `holds ${count} blocks, the most it can`,
        "Release plans or remove grafts",
      )
    let offset = FIRST
    let i = 0
    for (; i < count; i++) {
      const at = DIRECTORY + i * ENTRY
      if (u32[at + 1] - offset >= words) break
      offset = u32[at + 1] + u32[at + 2]
    }
    this.grow(offset + words + BEYOND_WORDS, words)
    const now = this.views.u32
    const at = DIRECTORY + i * ENTRY
    now.copyWithin(at + ENTRY, at, DIRECTORY + count * ENTRY)
    now[at] = owner
    now[at + 1] = offset
    now[at + 2] = words
    now[at + 3] = part
    now[AT_COUNT] = count + 1
    return offset
  }

  private erase(i: number): void {
    const { u32 } = this.views
    const at = DIRECTORY + i * ENTRY
    const end = DIRECTORY + u32[AT_COUNT] * ENTRY
    u32.copyWithin(at, at + ENTRY, end)
    u32.fill(0, end - ENTRY, end)
    u32[AT_COUNT] -= 1
  }

  private grow(end: number, words: number): void {
    const { u32 } = this.views
    if (end <= u32.length) return
    const limit = u32[AT_LIMIT]
    const full = (why: string): TensorError =>
      new TensorError(
        "arena",
        `has no room for ${words * 4} bytes ${why}`,
        "Raise maxBytes, or remove grafts",
      )
    if (end > limit) throw full(`within its ${limit * 4}`)
    // By half as much again, so that many small growths cost few.
    const ample = Math.min(limit, Math.max(end, Math.ceil(u32.length * 1.5)))
    try {
      this.memory.grow(Math.ceil((ample - u32.length) / PAGE_WORDS))
    } catch {
      throw full("because the system gives no more memory")
    }
  }
}

function viewsOf(memory: WebAssembly.Memory): Views {
  return { f32: new Float32Array(memory.buffer), u32: new Uint32Array(memory.buffer) }
}
