/** A module that never finishes loading. */
export const policy = null
for (;;);
