/** A policy for the benchmark: answers nothing at boundary 0, and for ever. */
import type { PolicyPacket } from "../../../src/morph/policy/PolicyPacket.ts"

export function policy({ boundary }: PolicyPacket): null {
  if (boundary === 0) for (;;);
  return null
}
