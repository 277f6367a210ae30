/** What a shared study costs, and what holds when its workers are killed. `sections.ts` lists the parts. */
import { runSections } from "../../scripts/section.ts"
import { sections } from "./sections.ts"

await runSections(
  "study",
  "Measures a study of many processes over PostgreSQL, 20 of 50 workers killed at random, and beside Optuna's RDB storage where Python has it (npm run bench:peers makes an environment, ARQON_PEERS_PYTHON names another).",
  sections,
)
