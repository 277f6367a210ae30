/**
 * The first file of a policy's thread: loads its module, then answers packet by packet. The policy gets a copy of the packet and nothing
 * else; the mailbox comes by message and is held by this file alone, so the module finds it nowhere.
 */
import { once } from "node:events"
import { type MessagePort, parentPort } from "node:worker_threads"
import { messageOf } from "../../system/messageOf.ts"
import type { Policy, PolicyPacket } from "../policy/PolicyPacket.ts"
import { PolicyMailbox, type Sent } from "./policyMailbox.ts"

export interface PolicyBoot {
  readonly buffer: SharedArrayBuffer
  /** URL of the module. */
  readonly module: string
}

/** What the thread says of its start: null when it can be asked, else why not. */
export type PolicyStarted = string | null

const port = parentPort as MessagePort

const [{ buffer, module }] = (await once(port, "message")) as [PolicyBoot]
const mailbox = new PolicyMailbox(buffer)
// Nothing else comes this way, but without a listener a thread that waits for shared memory would end.
port.on("message", () => {})

async function load(): Promise<Policy | string> {
  try {
    const { policy } = (await import(module)) as { readonly policy?: unknown }
    return typeof policy === "function" ? (policy as Policy) : "its export policy is no function"
  } catch (cause) {
    return messageOf(cause)
  }
}

function answer(policy: Policy, packet: unknown): Sent {
  try {
    return { answer: policy(packet as PolicyPacket) }
  } catch (cause) {
    return { problem: `it threw: ${messageOf(cause)}` }
  }
}

const loaded = await load()
if (typeof loaded === "string") port.postMessage(loaded satisfies PolicyStarted)
else {
  mailbox.open()
  port.postMessage(null satisfies PolicyStarted)
  for (;;) {
    const packet = await mailbox.next()
    mailbox.answer(answer(loaded, packet))
  }
}
