/** Reasons for which a job waits until somebody does something, in words. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^JobHeldAdmin/, 'an administrator holds it'],
  [/^JobHeldUser/, 'it is held; `scontrol release` lets it go on'],
  [/^launch.failed/i, 'its start failed on a node, and Slurm holds it; `scontrol release` lets it try again'],
  [/^BadConstraints/, 'no node has what it asks for'],
  [/^(ReqNodeNotAvail|NodeDown|Nodes.required.for.job)/i, 'nodes that it needs are down, drained or reserved'],
  [/^Partition(Down|Inactive)/, 'its partition takes no jobs now'],
  [/^Partition(Time|Node)Limit/, 'it asks for more than its partition gives'],
  [/^(AccountNotAllowed|InvalidAccount|AssocNotAllowed)/, 'its account may not use this partition'],
  [/^(InvalidQOS|QOSNotAllowed)/, 'its quality of service is not allowed here'],
  [/^(Assoc|QOS)(Grp|Max)/, 'a limit of its account or quality of service is reached'],
  [/^(Reservation|ReservationDeleted)$/, 'its reservation is not there, or not yet'],
  [/^Licenses/, 'a licence that it asks for is taken'],
];

/** States in which a job has begun and does not run, in words. */
const states: Readonly<Record<string, string>> = {
  SUSPENDED: 'is suspended, and goes on when Slurm lets it',
  STOPPED: 'is stopped, and goes on when it is told to',
  CONFIGURING: 'waits for its nodes to be started',
};

/** That a job that has begun stands still. @param state Slurm's word */
export function standstill(state: string): string | undefined {
  return states[state];
}

/** Why a job waits, if it is for more than its turn. @param reason Slurm's word */
export function waitingReason(reason: string): string | undefined {
  return words.find(([pattern]) => pattern.test(reason))?.[1];
}
