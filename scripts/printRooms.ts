/** Prints which room imports which, lowest first, and how many circles of imports there are: `npm run check:rooms`. */
import { circles, imports, isEntry, roomOf, RULES, violations } from "../test/rooms.ts"

const used = new Map<string, Set<string>>()
for (const [file, found] of imports) {
  const room = roomOf(file)
  if (room === undefined || isEntry(file)) continue
  for (const { target } of found) {
    const other = target === null ? undefined : roomOf(target)
    if (other !== undefined && other !== room) used.set(room, (used.get(room) ?? new Set()).add(other))
  }
}

const order = Object.keys(RULES)
const width = Math.max(...order.map((room) => room.length))
for (const room of order) {
  const others = [...(used.get(room) ?? [])].toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
  console.log(`${room.padEnd(width)}  imports ${others.join(", ") || "no other room"}`)
}

const found = circles()
const wrong = violations()
console.log(
  `${imports.size} files under src and machines, circles ${found.length}, imports against the table ${wrong.length}`,
)
for (const circle of found) console.log(`circle: ${circle.join(", ")}`)
for (const one of wrong) console.log(one)
if (found.length + wrong.length > 0) process.exitCode = 1
