/** What a command line asks for, ready to be run. */
import type { ExitCode } from "./exitCodes.ts"

/** What the arguments ask for. */
export type Action = () => Promise<ExitCode>
