/** The first file of a thread that compiles kernels or warms them up: a request comes in, a kernel or its refusal goes out. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import { GrowthError } from "../../../domain/GrowthError.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import { warmModule } from "../compileKernel.ts"
import { loadBlueprints } from "../hotMessages.ts"
import { compileHere } from "./compileHere.ts"
import type { KernelBoot, KernelReply, KernelRequest } from "./KernelThread.ts"

const port = parentPort as MessagePort
const { blueprints, isShared } = workerData as KernelBoot
const own = await loadBlueprints(blueprints)

async function replyTo({ key, kernel }: KernelRequest): Promise<KernelReply> {
  const known = [...own, ...CATALOGUE].find(({ name }) => name === key.blueprint)
  try {
    if (kernel !== null) {
      const module = known === undefined ? null : warmModule(known, key, kernel, isShared)
      return {
        kernel: { ...kernel, ...(module === null ? {} : { [isShared ? "shared" : "plain"]: module }) },
      }
    }
    return { kernel: await compileHere(key, known, { isTimed: true, isShared }) }
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    return { problems: error.problems }
  }
}

port.on("message", (request: KernelRequest) => void replyTo(request).then((reply) => port.postMessage(reply)))
