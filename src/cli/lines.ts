/** Lines of a stream as they come, the last one also without its end. */
import type { Readable } from "node:stream"
import { StringDecoder } from "node:string_decoder"

/** Longer than any batch of results anybody sends: 64 MiB. */
const LONGEST = 64 * 1024 * 1024

/** A line too long to be held comes as an Error in its place; the lines after it come as ever. */
export async function* inputLines(stream: Readable): AsyncGenerator<string | Error> {
  const decoder = new StringDecoder("utf8")
  let open: Array<string> = []
  let length = 0
  const close = (rest: string): string | Error => {
    const line =
      length + rest.length > LONGEST
        ? new Error(`a line may have at most ${LONGEST} characters`)
        : open.join("") + rest
    open = []
    length = 0
    return line
  }
  for await (const chunk of stream) {
    const text = decoder.write(chunk as Buffer)
    let from = 0
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      yield close(text.slice(from, end))
      from = end + 1
    }
    length += text.length - from
    if (length <= LONGEST) open.push(text.slice(from))
    else open = []
  }
  const last = close(decoder.end())
  if (last instanceof Error || last !== "") yield last
}
