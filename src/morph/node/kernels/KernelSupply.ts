/**
 * The kernels of one growing host, wherever it trains: each is asked for once, compiled beside the host, and announced when it is ready or
 * refused. A graft without a kernel runs by other means meanwhile, so nobody waits here, and nothing rejects.
 */
import { GrowthError } from "../../../domain/GrowthError.ts"
import { messageOf } from "../../../system/messageOf.ts"
import type { AnyBlueprint } from "../../blueprints/Blueprint.ts"
import { type CompileMode, type KernelKey, keyText } from "../../compile/ArtifactStore.ts"
import type { Kernel } from "../../compile/Kernels.ts"
import type { KernelNote, KernelsView, KernelView, PrewarmView } from "../../service/kernelsView.ts"

/** Makes kernels, one at a time. */
export interface KernelMaker {
  /** Rejects with why there is none. `own`: a blueprint that only the thread of the caller has. */
  readonly make: (key: KernelKey, own: AnyBlueprint | null) => Promise<Kernel>
  readonly close: () => Promise<void>
}

/** A kernel, or why there is none. */
export type KernelAnswer = { readonly kernel: Kernel } | { readonly why: string }

/** Where passes of grafts are counted, also across threads. */
export class PassCounts {
  readonly cells: Float64Array<SharedArrayBuffer>

  constructor(cells: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.cells = new Float64Array(cells)
  }

  get standard(): number {
    return this.cells[0]
  }
  set standard(passes: number) {
    this.cells[0] = passes
  }
  get fast(): number {
    return this.cells[1]
  }
  set fast(passes: number) {
    this.cells[1] = passes
  }
}

/** Kernels that one host may have asked for: a policy that never repeats itself fills no memory. */
export const MOST_KERNELS = 512

interface Asked {
  view: KernelView
  readonly answer: Promise<KernelAnswer>
}

/** A refusal in its own words. */
export const reasonOf = (cause: unknown): string =>
  cause instanceof GrowthError
    ? cause.problems.map(({ message, suggestion }) => `${message} ${suggestion ?? ""}`.trim()).join(" ")
    : messageOf(cause)

/** What the SIMD module does better. */
const leftIn = ({ slower }: Kernel): string => {
  const passes = Object.keys(slower)
  return passes.length === 0 ? "" : `${passes.join(" and ")}: the instructions of the package are faster`
}

const wishOf = ({ blueprint, parameters, shape }: KernelKey) => ({ blueprint, parameters, shape })

export class KernelSupply {
  readonly counts: PassCounts = new PassCounts()
  /** Of every kernel that it asks for. */
  readonly mode: CompileMode
  private readonly maker: KernelMaker
  private readonly otherwise: KernelsView["otherwise"]
  private readonly asked = new Map<string, Asked>()
  private tell: (note: KernelNote) => void = () => {}
  private isFull = false
  private closed = false
  /** How far a prewarm is; null where none was asked for. */
  prewarm: PrewarmView | null = null

  constructor(
    maker: KernelMaker,
    otherwise: KernelsView["otherwise"] = "fast",
    mode: CompileMode = "standard",
  ) {
    this.mode = mode
    this.maker = maker
    this.otherwise = otherwise
  }

  /** Who is told what becomes of each kernel. */
  tells(tell: (note: KernelNote) => void): void {
    this.tell = tell
  }

  ask(key: KernelKey, own: AnyBlueprint | null): Promise<KernelAnswer> {
    const id = keyText(key)
    const known = this.asked.get(id)
    if (known !== undefined) return known.answer
    if (this.asked.size >= MOST_KERNELS) return Promise.resolve({ why: this.full(key) })
    const view: KernelView = { ...wishOf(key), status: "compiling", why: "" }
    const answer = this.maker.make(key, own).then(
      (kernel): KernelAnswer => ({ kernel }),
      (cause: unknown): KernelAnswer => ({ why: reasonOf(cause) }),
    )
    this.asked.set(id, { view, answer })
    void answer.then((given) => {
      if ("why" in given) this.note(id, "refused", given.why)
      else this.note(id, "ready", leftIn(given.kernel))
    })
    return answer
  }

  /** Said once, and not of each kernel that there is no room for. */
  private full(key: KernelKey): string {
    const why = `this host has asked for ${MOST_KERNELS} kernels already`
    if (!this.isFull) this.tell({ ...wishOf(key), outcome: "refused", why })
    this.isFull = true
    return why
  }

  /** A pass of the host has another guard than the kernel that was compiled for it. */
  missed(key: KernelKey, why: string): void {
    this.note(keyText(key), "missed", why)
  }

  view(): KernelsView {
    const { standard, fast } = this.counts
    return {
      otherwise: this.otherwise,
      kernels: [...this.asked.values()].map(({ view }) => view),
      passes: { standard, fast },
      ...(this.prewarm === null ? {} : { prewarm: this.prewarm }),
    }
  }

  async close(): Promise<void> {
    this.closed = true
    await this.maker.close()
  }

  private note(id: string, outcome: KernelNote["outcome"], why: string): void {
    const asked = this.asked.get(id)
    // What ends with the host is no news.
    if (asked === undefined || this.closed || asked.view.status === outcome) return
    asked.view = { ...asked.view, status: outcome, why }
    const { blueprint, parameters, shape } = asked.view
    this.tell({ blueprint, parameters, shape, outcome, why })
  }
}
