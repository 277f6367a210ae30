/** What a person says with a command to a cluster. */

/** Who asks and why, and the key under which the command is carried out once. Default: another key for each call. */
export type CommandNote =
  | string
  | {
      readonly by?: string | undefined
      readonly note?: string | undefined
      readonly key?: string | undefined
    }

/** The same with nothing left out. */
export const saidOf = (
  said: CommandNote = {},
): { readonly by: string; readonly note: string; readonly key: string } => {
  const { by = "", note = "", key = crypto.randomUUID() } = typeof said === "string" ? { note: said } : said
  return { by, note, key }
}
