/** Tells a simulated history as GitHub would: webhook deliveries, in the order in which they arrive. */
import { actionsRun, closed, opened, pushed, retestComment, statusRun, trunkRun } from './payloads.ts'
import { HOUR, type Plan } from './plan.ts'
import { createRandom, type Random } from './random.ts'
import type { SimRun } from './runs.ts'

/** One webhook, as in a file that `replay` reads. */
export interface SimDelivery {
  id: string
  name: string
  payload: Record<string, unknown>
}

/** A delivery and when it was sent (epoch ms). */
export interface Sent {
  at: number
  delivery: SimDelivery
}

/** All deliveries of a history, as they arrive: some late, twice or never, as the scenario says. */
export function deliveriesOf(plan: Plan, runs: readonly SimRun[], seed: number): SimDelivery[] {
  const random = createRandom(`way/${plan.repository}/${plan.scenario.name}/${seed}`)
  const sent = [...aboutPullRequests(plan), ...aboutRuns(plan, runs)]
  const arrived = sent.flatMap((one) => onTheWay(plan, one, random))
  arrived.sort((a, b) => a.at - b.at || (a.delivery.id < b.delivery.id ? -1 : 1))
  return arrived.map((one) => one.delivery)
}

function onTheWay({ scenario }: Plan, one: Sent, random: Random): Sent[] {
  if (random.chance(scenario.missingShare)) return []
  const at = random.chance(scenario.lateShare) ? one.at + random.after(6) * HOUR : one.at
  const again = random.chance(scenario.twiceShare) ? [{ ...one, at: at + random.after(1) * HOUR }] : []
  return [{ ...one, at }, ...again]
}

function aboutPullRequests(plan: Plan): Sent[] {
  return plan.pullRequests.flatMap((one) =>
    one.heads
      .map((head, i) => (i === 0 ? opened(plan, one, head) : pushed(plan, one, head)))
      .concat(one.closedAt <= plan.to ? [closed(plan, one)] : [])
      .filter((sent) => sent.at <= plan.to),
  )
}

function aboutRuns(plan: Plan, runs: readonly SimRun[]): Sent[] {
  const pullRequests = new Map(plan.pullRequests.map((one) => [one.number, one]))
  return runs.flatMap((run): Sent[] => {
    const one = pullRequests.get(run.number)
    if (!one) return trunkRun(plan, run)
    const asked = run.askedBy === null ? [] : retestComment(plan, run)
    const told = plan.scenario.ci === 'prow' ? statusRun(plan, run) : actionsRun(plan, one, run)
    return [...asked, ...told]
  })
}
