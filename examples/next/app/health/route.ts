/** GET /health, beside the limiter: a full service is not a sick one. */
import { tuning } from "../../tuning.ts"

export const runtime = "nodejs"
export const dynamic = "force-dynamic"

export async function GET(): Promise<Response> {
  const { engine } = await tuning().started
  const { mode, counters } = engine.getSnapshot()
  return Response.json({ mode, applies: counters.applies })
}
