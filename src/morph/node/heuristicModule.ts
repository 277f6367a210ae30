/** The package's own heuristic as a policy in a thread loads it, like anybody else's. */
export { heuristic as policy } from "../policy/heuristic.ts"
