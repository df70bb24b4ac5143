/** The wiring between GitHub's events and the recorder. No logic: what an event means stands in `webhooks/`. */
import type { Probot } from 'probot'
import type { Recorder } from './pipeline/record.ts'
import { EVENTS } from './webhooks/translate.ts'

type EventName = Parameters<Probot['on']>[0]

/** Lets the recorder hear every event of the table. A handler resolves once its delivery is durable. */
export function wire(
  probot: Pick<Probot, 'on'>,
  recorder: Recorder,
  onRejected: (id: string, name: string, reason: string) => void,
): void {
  for (const event of Object.keys(EVENTS)) {
    probot.on(event as EventName, async ({ id, name, payload }) => {
      const result = await recorder.record({ id, name, payload })
      if (result.outcome === 'rejected') onRejected(id, name, result.reason)
    })
  }
}
