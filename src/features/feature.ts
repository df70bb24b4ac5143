/** What an effect is: something done on GitHub because of what was recorded. */
import type { Row } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { Octokit } from '../github/client.ts'

/** What came of an effect, and where people see it. */
export interface EffectResult {
  result: string
  url: string | null
}

/** An effect that takes hours is done step by step: this one is due again at that time (epoch ms). */
export interface EffectPending {
  again_at: number
}

/** Does one effect; doing it again finds what is there already. Throws what GitHub answered. */
export type Effect = (
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
) => Promise<EffectResult | EffectPending>
