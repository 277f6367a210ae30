/** The sections on choices and on several workers of docs/benchmarks.md, from what `bench/mixed` and `bench/parallel` print. */

/** The table between the words around it, and the lines that say which bars hold. */
const parts = (text: string): readonly [table: string, bars: string] => {
  const lines = text.split("\n")
  const bars = lines.filter((line) => /^(holds|MISSED|not ahead)/.test(line))
  return [lines.filter((line) => line.startsWith("|")).join("\n"), bars.map((line) => `- ${line}`).join("\n")]
}

/** @param mixed what `node bench/mixed/main.ts` prints
 *  @param parallel what `node bench/parallel/main.ts` prints */
export function choicesSection(mixed: string, parallel: string): string {
  const [picks, pickBars] = parts(mixed)
  const [scores, scoreBars] = parts(parallel)
  return `
## Choices
\`npm run bench:mixed\`: spaces of choices and numbers, 40 instances of each class. For each value of some choice the best numbers differ, so no value
can be judged before its numbers fit. The table counts runs that recommend a wrong choice, with the total of wrong choices in brackets: arqon on the left, Optuna's TPE on the
right, recorded by \`npm run bench:peers\`. Settings were chosen on other instances of the same classes (those from number 1000 on).

${picks}

${pickBars}

## Several workers
\`npm run bench:parallel\`: eleven functions, shifted and rotated, 50 evaluations a dimension, answers in the order of the asks. Mean log10 of the error, not below
-8; lower is better.

${scores}

${scoreBars}
`
}
