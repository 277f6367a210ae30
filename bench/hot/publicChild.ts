/** One process of `npm run bench:beside`: what the calls of a user cost in the build that `arqon` resolves to here, as JSON. */
import { publicPrices } from "./publicPaths.ts"

const prices = await publicPrices(() => {})
const p50 = Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, price.p50Ns]))
console.log(JSON.stringify(p50))
// The limiter's engine and the worker have ended, and nothing else may hold the process.
process.exit(0)
