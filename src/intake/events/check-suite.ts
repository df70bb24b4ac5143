/** Translates `check_suite`: somebody asked for all checks of an app to run again. The other actions say nothing new. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { author, envelope, id, optional, sha, text, time, word } from './payload.ts'

const schema = envelope.extend({
  action: word,
  check_suite: z.object({
    id,
    head_sha: sha,
    updated_at: optional(time),
    created_at: optional(time),
    app: z.object({ slug: text.nullish() }).nullish(),
  }),
  sender: author,
})

/** Facts of a `check_suite` payload. */
export function checkSuite(payload: unknown): Facts {
  const { action, check_suite: suite, repository, sender } = schema.parse(payload)
  const at = suite.updated_at ?? suite.created_at
  if (action !== 'rerequested' || !at) return {}
  return {
    rerun_request: [
      {
        repository_id: repository.id,
        head_sha: suite.head_sha,
        run_key: `suite:${suite.id}:${Date.parse(at) / 1000}`,
        app: suite.app?.slug ?? '',
        name: null,
        actor: sender.login,
        actor_is_bot: sender.isBot,
        reported_at: at,
      },
    ],
  }
}
