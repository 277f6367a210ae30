/** Which flags of the process a thread or a process of ours is started with. */

/** What says how modules are found and read. */
const OF_MODULES = /^--(?:(?:import|require|conditions)=|enable-source-maps$|no-warnings$)/

/** Of some flags, those that a process of ours needs to find its modules. */
export const moduleFlags = (flags: ReadonlyArray<string> = process.execArgv): ReadonlyArray<string> =>
  flags.filter((flag) => OF_MODULES.test(flag))

/**
 * Options for a `Worker`. A thread inherits what the process was started with. A program on the command line comes with
 * `--input-type`, which a file in a thread must not have; then the flags have to be listed, and a list may hold no flag of the whole
 * process, such as `--max-old-space-size`.
 */
export const threadFlags = (
  flags: ReadonlyArray<string> = process.execArgv,
): { readonly execArgv?: Array<string> } =>
  flags.some((flag) => flag.startsWith("--input-type")) ? { execArgv: [...moduleFlags(flags)] } : {}
