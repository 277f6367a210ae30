/** The work of a call: about a sixth of a millisecond in two turns of the loop. A candidate as a module, for a thread of its own. */
export async function work(n: number): Promise<number> {
  let sum = n
  for (let i = 0; i < 20_000; i++) sum = (sum * 31 + i) | 0
  await new Promise((resolve) => void setImmediate(resolve))
  for (let i = 0; i < 20_000; i++) sum = (sum * 31 + i) | 0
  return sum
}
