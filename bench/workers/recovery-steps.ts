/** What a worker of the recovery measurement is asked for, each with a number of entries. */
export const recoverySteps = {
  /** Reads so many entries behind the first; answers with the ms it took, connections up before. */
  replay: 0,
  /** Opens connections, stands on the first entry and answers. */
  stand: 1,
  /** Answers when the link was lost, is back and so many entries were handled: at which moment, on the shared clock. */
  recover: 2,
} as const
