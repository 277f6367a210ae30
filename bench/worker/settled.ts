/** Waits until a generation has stood still for a millisecond: an update is followed by the next perturbation at once. */
export function settled(generation: () => number): number {
  let last = generation()
  for (let since = performance.now(); performance.now() - since < 1; ) {
    const now = generation()
    if (now === last) continue
    last = now
    since = performance.now()
  }
  return last
}
