/**
 * `arqon interactive`: one JSON object a line in, one out, in the same order. A tell is answered once it is on disk; lines
 * that come in the meantime are taken already, and share the next write.
 */
import { plainJson } from "../system/plainText.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { answerLine, type Answer } from "./interactiveProtocol.ts"
import { inputLines } from "./lines.ts"
import { note } from "./output.ts"
import { onSignals } from "./signals.ts"
import { Study } from "./study.ts"
import { messageOf } from "../system/messageOf.ts"

export interface InteractiveFlags {
  readonly config: string | null
  readonly state: string | null
}

export async function interactiveCommand({ config, state }: InteractiveFlags): Promise<ExitCode> {
  const study = await Study.open({ config, state, command: "arqon interactive", brief: false })
  for (const warning of study.solver.warnings) note(`warning: ${warning}`)
  let ended: NodeJS.Signals | null = null
  const signals = onSignals((signal) => {
    ended = signal
    process.stdin.destroy()
  })
  let written: Promise<void> = Promise.resolve()
  try {
    for await (const line of inputLines(process.stdin)) {
      if (line instanceof Error) {
        written = inTurn(
          written,
          { reply: { ok: false, error: line.message }, save: false, quit: false },
          study,
        )
        continue
      }
      if (line.trim() === "") continue
      const answer = answerLine(study, line)
      written = inTurn(written, answer, study)
      if (answer.quit) break
    }
  } catch (cause) {
    if (ended === null) throw cause
  } finally {
    await written
    signals.off()
    await study.close()
  }
  // An open pipe would keep the process alive after quit.
  process.stdin.destroy()
  if (ended === null) return EXIT.ok
  return ended === "SIGINT" ? EXIT.interrupted : EXIT.terminated
}

/** Writes an answer after those before it, and after what it speaks of is on disk. */
function inTurn(before: Promise<void>, answer: Answer, study: Study): Promise<void> {
  const saved = answer.save ? study.save() : Promise.resolve()
  // Looked at below, in turn; until then its failure is nobody's surprise.
  saved.catch(() => {})
  return before.then(async () => {
    let reply = answer.reply
    try {
      await saved
    } catch (cause) {
      const why = messageOf(cause)
      reply = {
        ok: false,
        error: `${why} It is kept in memory, but not on disk: send {"cmd":"save"} when there is room.`,
      }
    }
    process.stdout.write(`${plainJson(reply)}\n`)
  })
}
