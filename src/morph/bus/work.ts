/** One pass of a consumer over what waits: each message is finished if its handler returns, and given back if it throws. */
import type { Consumer, Delivery } from "./Bus.ts"

export interface Worked {
  readonly handled: number
  readonly retried: number
  /** Handled here, and claimed by somebody else meanwhile. */
  readonly lost: number
}

/** Claimed messages are handled like any other. Handlers run one after the other, in the order of the lane. */
export async function work(
  consumer: Consumer,
  most: number,
  handler: (delivery: Delivery) => Promise<void> | void,
): Promise<Worked> {
  let handled = 0
  let retried = 0
  let lost = 0
  for (const delivery of await consumer.take(most)) {
    const failed = await outcomeOf(handler, delivery)
    const held = failed === null ? await consumer.done(delivery) : await consumer.retry(delivery, failed)
    if (!held) lost++
    else if (failed === null) handled++
    else retried++
  }
  return { handled, retried, lost }
}

/** Why the handler failed, in words; null where it did not. */
async function outcomeOf(
  handler: (delivery: Delivery) => Promise<void> | void,
  delivery: Delivery,
): Promise<string | null> {
  try {
    await handler(delivery)
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
