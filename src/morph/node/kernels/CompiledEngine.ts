/**
 * Runs the grafts of a host by compiled kernels, and everything else by the SIMD module. A graft without a kernel asks for one, by its
 * blueprint, parameters and the shape of what it is run on, and goes on as it is; both compute the same bits.
 */
import type { AnyBlueprint, BlueprintParameters } from "../../blueprints/Blueprint.ts"
import type { CompileMode, KernelKey } from "../../compile/ArtifactStore.ts"
import { type KernelCounts, Kernels, type Wanted } from "../../compile/Kernels.ts"
import { StandardPlan } from "../../compile/StandardPlan.ts"
import { type Engine, FAST, type Grafted, REFERENCE } from "../../neural/engines.ts"
import type { Arena } from "../../tensor/Arena.ts"
import { kernelsOver } from "../../tensor/fast/kernels.ts"
import type { Program } from "../../tensor/Program.ts"
import type { Plan } from "../../tensor/ReferencePlan.ts"
import { kernelKey } from "../compileKernel.ts"
import type { KernelAnswer } from "./KernelSupply.ts"

/** Who has kernels, in this thread or in another one. */
export interface KernelDesk {
  readonly counts: KernelCounts
  /** Of every kernel that it is asked for. */
  readonly mode: CompileMode
  readonly ask: (key: KernelKey, blueprint: AnyBlueprint) => Promise<KernelAnswer>
  readonly missed: (key: KernelKey, why: string) => void
}

interface Graft {
  readonly blueprint: AnyBlueprint
  readonly parameters: BlueprintParameters
}

/** What was asked for a graft and a shape, and the passes that wait for it. */
interface Request {
  readonly key: KernelKey
  readonly wanted: Map<string, Wanted>
  isAnswered: boolean
}

/** Whether the SIMD module can be run here at all. */
export function runsSimd(): boolean {
  try {
    kernelsOver(new WebAssembly.Memory({ initial: 1, maximum: 65_536 }))
    return true
  } catch {
    return false
  }
}

/** By compiled kernels and the SIMD module; where that cannot be run, by plain loops. */
export const engineOver = (desk: KernelDesk, isSimd: boolean): Engine =>
  isSimd ? new CompiledEngine(desk) : REFERENCE

export class CompiledEngine implements Engine {
  readonly updates: Engine["updates"] = FAST.updates
  private readonly desk: KernelDesk
  private readonly kernels: Kernels
  private readonly requests = new WeakMap<object, Map<string, Request>>()
  /** Whose program is being placed. */
  private host: Grafted | null = null

  constructor(desk: KernelDesk) {
    this.desk = desk
    this.kernels = new Kernels((wanted) => this.want(wanted), desk.counts)
  }

  readonly make = (program: Program, arena: Arena, host: Grafted): Plan => {
    this.host = host
    return new StandardPlan(program, arena, this.kernels)
  }

  private want(wanted: Wanted): void {
    const graft = this.graftOf(wanted.owner)
    // A quarantine tries what has not been planted yet.
    if (graft === null || graft.blueprint.quarantineOnly) return
    let byShape = this.requests.get(graft)
    if (byShape === undefined) this.requests.set(graft, (byShape = new Map()))
    const shape = wanted.shape.join()
    const known = byShape.get(shape)
    if (known !== undefined) {
      if (known.wanted.has(wanted.guard)) return
      known.wanted.set(wanted.guard, wanted)
      if (known.isAnswered) this.compare(known)
      return
    }
    const request: Request = {
      key: kernelKey(graft.blueprint, wanted.shape, graft.parameters, this.desk.mode),
      wanted: new Map([[wanted.guard, wanted]]),
      isAnswered: false,
    }
    byShape.set(shape, request)
    void this.desk.ask(request.key, graft.blueprint).then((answer) => {
      if ("why" in answer) return
      this.kernels.add(answer.kernel)
      request.isAnswered = true
      this.compare(request)
    })
  }

  /** Looks whether the kernel that was compiled is the one for each pass that waits. */
  private compare({ key, wanted }: Request): void {
    const missed = [...wanted.values()].filter(({ guard }) => !this.kernels.knows(guard))
    if (missed.length === 0) return
    const passes = [...new Set(missed.map(({ pass }) => pass))].toSorted().join(" and ")
    this.desk.missed(key, `${passes}: its numbers have other places here than it was compiled for`)
  }

  private graftOf(owner: number): Graft | null {
    const { host } = this
    if (host === null) return null
    const { grafts, network } = host
    return [...grafts.bySocket.values(), ...network.kept].find((one) => one.owner === owner) ?? null
  }
}
