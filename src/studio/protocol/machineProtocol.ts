/** The statecharts as plain data, as the server tells the page of them. */

/** `GET /api/machines`: every statechart as plain data. */
export interface Machines {
  readonly machines: ReadonlyArray<MachineDefinition>
}

export interface MachineDefinition {
  /** `engine`, `safeMode`, `spsaCycle`, `solver`, `variant`. */
  readonly name: string
  readonly description: string
  /** A Mermaid state diagram. */
  readonly mermaid: string
  readonly root: StateDefinition
}

export interface StateDefinition {
  /** Unique in its machine, as in `ActorState.active`: `engine.running.safe`. */
  readonly id: string
  readonly key: string
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history"
  readonly description: string
  readonly tags: ReadonlyArray<string>
  /** Id of the state that is entered with this one; null for a leaf. */
  readonly initial: string | null
  readonly entry: ReadonlyArray<string>
  readonly exit: ReadonlyArray<string>
  readonly invokes: ReadonlyArray<{ readonly id: string; readonly src: string }>
  readonly transitions: ReadonlyArray<TransitionDefinition>
  readonly states: ReadonlyArray<StateDefinition>
}

export interface TransitionDefinition {
  /** Empty: at once, when its guard holds. */
  readonly event: string
  readonly guard: string | null
  readonly actions: ReadonlyArray<string>
  /** Ids of the states it leads to; empty when it stays. */
  readonly targets: ReadonlyArray<string>
  readonly reenter: boolean
}
