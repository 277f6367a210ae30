/** GET /quote, limited. */
import { setTimeout as sleep } from "node:timers/promises"
import { tuning } from "../../tuning.ts"

export const runtime = "nodejs"
// An answer from Next's cache would measure nothing.
export const dynamic = "force-dynamic"

const quote = async (id: string): Promise<{ id: string; price: number }> => {
  await sleep(2)
  return { id, price: 100 }
}

export async function GET(request: Request): Promise<Response> {
  const id = new URL(request.url).searchParams.get("id") ?? "0"
  try {
    return Response.json(await tuning().limiter.run(() => quote(id)))
  } catch (error) {
    // By its name: the limiter may come from another copy of the class than this route's bundle has.
    if (!(error instanceof Error) || error.name !== "LimitExceededError") throw error
    return new Response("Too many requests at once.", { status: 503, headers: { "Retry-After": "1" } })
  }
}
