/** How an engine reaches the kernels of its host: in the same thread, or through a port from another one. */
import { MessageChannel, type MessagePort } from "node:worker_threads"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import { type CompileMode, type KernelKey, keyText } from "../../compile/ArtifactStore.ts"
import { kernelKey } from "../compileKernel.ts"
import type { KernelDesk } from "./CompiledEngine.ts"
import { type KernelAnswer, type KernelSupply, PassCounts } from "./KernelSupply.ts"

/** What a thread that trains is given to ask for kernels. */
export interface KernelLink {
  readonly port: MessagePort
  /** Of `PassCounts`. */
  readonly counts: SharedArrayBuffer
  readonly mode: CompileMode
}

type Said =
  | { readonly id: number; readonly key: KernelKey }
  | { readonly missed: string; readonly key: KernelKey }

interface Answered {
  readonly id: number
  readonly answer: KernelAnswer
}

/** For a host in this thread. A blueprint that is not the package's is compiled here, because another thread does not have it. */
export function deskHere(supply: KernelSupply): KernelDesk {
  return {
    counts: supply.counts,
    mode: supply.mode,
    ask: (key, blueprint) => {
      const known = CATALOGUE.find(({ name }) => name === key.blueprint)
      const isOurs =
        known !== undefined && keyText(kernelKey(known, key.shape, key.parameters, key.mode)) === keyText(key)
      return supply.ask(key, isOurs ? null : blueprint)
    },
    missed: (key, why) => supply.missed(key, why),
  }
}

/** For a host in another thread, which is given the link. */
export function linkTo(supply: KernelSupply): KernelLink {
  const { port1, port2 } = new MessageChannel()
  port1.on("message", (said: Said) => {
    if ("missed" in said) return supply.missed(said.key, said.missed)
    void supply
      .ask(said.key, null)
      .then((answer) => port1.postMessage({ id: said.id, answer } satisfies Answered))
  })
  port1.unref()
  return { port: port2, counts: supply.counts.cells.buffer, mode: supply.mode }
}

/** The other side of a link. */
export function deskOver({ port, counts, mode }: KernelLink): KernelDesk {
  const waiting = new Map<number, (answer: KernelAnswer) => void>()
  let asked = 0
  const say = (said: Said): void => port.postMessage(said)
  port.on("message", ({ id, answer }: Answered) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  port.unref()
  return {
    counts: new PassCounts(counts),
    mode,
    ask: (key) =>
      new Promise((resolve) => {
        waiting.set(++asked, resolve)
        say({ id: asked, key })
      }),
    missed: (key, why) => say({ key, missed: why }),
  }
}
