/** The first file of a thread that compiles kernels: a key comes in, a kernel or its refusal goes out. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import { GrowthError } from "../../../domain/GrowthError.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { KernelKey } from "../../compile/ArtifactStore.ts"
import { loadBlueprints } from "../hotMessages.ts"
import { compileHere } from "./compileHere.ts"
import type { KernelBoot, KernelReply } from "./KernelThread.ts"

const port = parentPort as MessagePort
const { blueprints, isShared } = workerData as KernelBoot
const own = await loadBlueprints(blueprints)

async function replyTo(key: KernelKey): Promise<KernelReply> {
  const known = [...own, ...CATALOGUE].find(({ name }) => name === key.blueprint)
  try {
    return { kernel: await compileHere(key, known, { isTimed: true, isShared }) }
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    return { problems: error.problems }
  }
}

port.on("message", (key: KernelKey) => void replyTo(key).then((reply) => port.postMessage(reply)))
