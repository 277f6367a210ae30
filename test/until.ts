/**
 * Waits for what another process or thread does, and leaves it the processor: a few turns of the event loop, then a look every few
 * milliseconds. A test that looks in every turn takes a whole core from what it waits for. The test's own time limit ends it.
 */
import { setImmediate, setTimeout } from "node:timers/promises"

const TURNS = 8
const LOOK_MS = 4

export async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) await (turns < TURNS ? setImmediate() : setTimeout(LOOK_MS))
}
