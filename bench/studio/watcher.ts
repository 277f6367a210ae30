/** A page that is open somewhere: reads the live stream of the address it is given, in a process of its own. */
const [, , url] = process.argv
const response = await fetch(new URL("/api/events", url))
if (response.body === null) throw new Error("the stream has no body")
process.send?.("connected")
for await (const chunk of response.body) if (chunk.length === 0) break
