/** Refuses an older Node by being imported. Every entry that Node loads imports it first; a browser's entries do not. */
import { oldNode } from "./nodeVersion.ts"

const complaint = oldNode(process.versions.node)
if (complaint !== null) throw new Error(complaint)
