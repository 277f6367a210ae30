/** Compiled kernels by their guards, and how often plans found one. What a host looks in whenever it places a program. */
import type { Shape } from "../tensor/ir.ts"

/** A pass of a kernel over a memory; bases in bytes, in the order of `BASES`. */
export type KernelPass = (
  value: number,
  values: number,
  parameters: number,
  scratch: number,
  gradients: number,
  backs: number,
  valueBack: number,
) => void

/** A pass of a graft that has no kernel yet. */
export interface Wanted {
  readonly pass: "forward" | "backward"
  readonly owner: number
  /** Of the value at its socket, with the batch. */
  readonly shape: Shape
  readonly guard: string
}

/** Passes of grafts that ran, by what ran them. */
export interface KernelCounts {
  /** With a compiled kernel. */
  standard: number
  /** With the instructions of the SIMD module, because there was no kernel. */
  fast: number
}

/** A module, and its guards by export. */
export interface Kernel {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly guards: Readonly<Record<string, string>>
  /** Guards of the passes that it leaves to the SIMD module, because that was faster, by the name that they would have as exports. */
  readonly slower: Readonly<Record<string, string>>
  /** Its module for memory that is shared, or for memory that is not, where one was made: it is warm, and made by no thread again. */
  readonly shared?: WebAssembly.Module
  readonly plain?: WebAssembly.Module
}

export class Kernels {
  /** Changes with each kernel that is added: plans look again then. */
  version = 0
  readonly counts: KernelCounts
  private readonly byGuard = new Map<string, readonly [Kernel, string]>()
  private readonly slower = new Set<string>()
  private readonly modules = new WeakMap<Kernel, Map<boolean, WebAssembly.Module>>()
  private readonly instances = new WeakMap<WebAssembly.Memory, Map<Kernel, WebAssembly.Exports>>()
  private readonly isWanted: (wanted: Wanted) => void

  /** @param isWanted is called when a program with a graft is placed for which there is no kernel */
  constructor(
    isWanted: (wanted: Wanted) => void = () => {},
    counts: KernelCounts = { standard: 0, fast: 0 },
  ) {
    this.isWanted = isWanted
    this.counts = counts
  }

  /** Takes a kernel in that was verified. */
  add(kernel: Kernel): void {
    for (const guard of Object.values(kernel.slower)) this.slower.add(guard)
    for (const [name, guard] of Object.entries(kernel.guards))
      if (guard !== "" && !this.slower.has(guard)) this.byGuard.set(guard, [kernel, name])
    this.version++
  }

  /** Whether there is a kernel for this guard, or one that is slower than the SIMD module. */
  knows(guard: string): boolean {
    return this.byGuard.has(guard) || this.slower.has(guard)
  }

  want(wanted: Wanted): void {
    if (!this.knows(wanted.guard)) this.isWanted(wanted)
  }

  /** The pass that this guard is of; null where no kernel has it. */
  find(guard: string, memory: WebAssembly.Memory): KernelPass | null {
    const found = this.byGuard.get(guard)
    if (found === undefined) return null
    const [kernel, name] = found
    let held = this.instances.get(memory)
    if (held === undefined) this.instances.set(memory, (held = new Map()))
    let exports = held.get(kernel)
    if (exports === undefined) {
      exports = new WebAssembly.Instance(this.moduleOf(kernel, memory), { arqon: { memory } }).exports
      held.set(kernel, exports)
    }
    return exports[name] as KernelPass
  }

  /** The module for this memory: made once. */
  moduleOf(kernel: Kernel, { buffer }: WebAssembly.Memory): WebAssembly.Module {
    const isShared = Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]"
    let known = this.modules.get(kernel)
    if (known === undefined) this.modules.set(kernel, (known = new Map()))
    let module = known.get(isShared) ?? (isShared ? kernel.shared : kernel.plain)
    if (module === undefined)
      known.set(isShared, (module = new WebAssembly.Module(bytesFor(kernel.bytes, isShared))))
    return module
  }
}

const IMPORT = new TextEncoder().encode("memory")

/** Kernels are kept for shared memory; one bit says so, the second of the limits behind the import's name and kind. */
function bytesFor(bytes: Uint8Array<ArrayBuffer>, isShared: boolean): Uint8Array<ArrayBuffer> {
  if (isShared) return bytes
  const name = bytes.findIndex((_, i) => IMPORT.every((letter, j) => bytes[i + j] === letter))
  const plain = bytes.slice()
  plain[name + IMPORT.length + 1] = 1
  return plain
}
