/** A page that looks at a fleet, as a process of its own: asks for one path again and again. Arguments: address, milliseconds. */
import { setTimeout as sleep } from "node:timers/promises"

const [, , address = "", everyMs = "1000"] = process.argv
process.send?.("ready")
for (;;) {
  const response = await fetch(address)
  await response.arrayBuffer()
  await sleep(Number(everyMs))
}
