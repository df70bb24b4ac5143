/** Translates `check_run`: a completed check run is one report about one run of a job at a head SHA. */
import { z } from 'zod'
import type { Facts, Mention, Observation } from '../../domain/facts.ts'
import { OWN_CHECK_RUN } from '../../domain/own-check-run.ts'
import { isQueueBranch } from '../../domain/queue.ts'
import { ACTIONS_APP } from '../../domain/run.ts'
import {
  author,
  envelope,
  id,
  missing,
  number,
  optional,
  repositoryFact,
  sha,
  text,
  time,
  word,
} from './payload.ts'

const ref = z.object({ ref: text.nullish(), sha: optional(sha), repo: z.object({ id }).nullish() })

const schema = envelope.extend({
  action: word,
  check_run: z.object({
    id,
    name: text,
    head_sha: sha,
    status: z.string().nullish(),
    conclusion: word.nullish(),
    external_id: z.string().nullish(),
    started_at: optional(time),
    completed_at: optional(time),
    details_url: text.nullish(),
    html_url: text.nullish(),
    output: z.object({ title: text.nullish() }).nullish(),
    app: z.object({ slug: text.nullish() }).nullish(),
    check_suite: z
      .object({
        id: id.nullish(),
        head_branch: text.nullish(),
        updated_at: optional(time),
        app: z.object({ slug: text.nullish() }).nullish(),
      })
      .nullish(),
    pull_requests: z.array(z.object({ number, base: ref.nullish() })).nullish(),
  }),
  sender: author,
})

type Payload = z.infer<typeof schema>

/** Facts of a `check_run` payload. There are none for an unfinished run, nor for this app's own check runs. */
export function checkRun(payload: unknown): Facts {
  const event = schema.parse(payload)
  const { check_run: run } = event
  if (run.external_id?.startsWith(OWN_CHECK_RUN)) return {}
  if (event.action === 'rerequested') return rerequest(event)
  // A `created` run can be completed already. `requested_action` repeats an old result.
  if (event.action !== 'completed' && event.action !== 'created') return {}
  if (run.status !== 'completed' || !run.conclusion) return {}
  const completedAt = run.completed_at ?? run.check_suite?.updated_at ?? run.started_at
  if (!completedAt) throw missing(['check_run', 'completed_at'], 'a completed check run')
  return {
    // Apps choose the times of their check runs.
    repository: [repositoryFact(event, completedAt, false)],
    observation: [observationOf(event, run.conclusion, completedAt)],
  }
}

function observationOf(event: Payload, state: string, completedAt: string): Observation {
  const { check_run: run, repository } = event
  const branch = run.check_suite?.head_branch ?? null
  return {
    repository_id: repository.id,
    head_sha: run.head_sha,
    run_key: runKey(run.id, completedAt),
    reported_at: run.check_suite?.updated_at ?? completedAt,
    reported_id: 0,
    state,
    source: 'check_run',
    app: appOf(run),
    name: run.name,
    description: run.output?.title ?? null,
    url: run.html_url ?? run.details_url ?? null,
    suite_id: run.check_suite?.id ?? null,
    head_branch: branch,
    trunk: isTrunkBranch(branch, repository.default_branch),
    mentions: mentions(event),
    started_at: run.started_at,
    completed_at: completedAt,
  }
}

/** Old payloads and deleted apps have no app. Its check suite, or the address of its page, then says which it was. */
function appOf({ app, check_suite, details_url, html_url }: Payload['check_run']): string {
  const slug = app?.slug ?? check_suite?.app?.slug
  if (slug) return slug
  return /\/actions\/runs\/\d+/.test(details_url ?? html_url ?? '') ? ACTIONS_APP : ''
}

/** Identity of a run. An app outside Actions can run again under the same id, so the time of completion is a part of it. */
export function runKey(checkRunId: number, completedAt: string): string {
  return `check:${checkRunId}:${Date.parse(completedAt) / 1000}`
}

/** Whether a branch is the default branch or the branch of a merge queue. */
export function isTrunkBranch(branch: string | null, defaultBranch: string | null | undefined): boolean {
  if (branch === null) return false
  return branch === defaultBranch || isQueueBranch(branch)
}

/** The list can contain pull requests of other repositories that have the same commit. They are left out. */
function mentions({ check_run, repository }: Payload): Mention[] {
  return (check_run.pull_requests ?? [])
    .filter(({ base }) => !base?.repo || base.repo.id === repository.id)
    .map(({ number, base }) => ({ number, base_ref: base?.ref ?? null, base_sha: base?.sha ?? null }))
}

/** A request to run the job again. It has the old conclusion and no time of its own: it was made after the old run. */
function rerequest({ check_run: run, repository, sender }: Payload): Facts {
  const at = run.completed_at ?? run.started_at
  if (!at) return {}
  return {
    rerun_request: [
      {
        repository_id: repository.id,
        head_sha: run.head_sha,
        run_key: runKey(run.id, at),
        app: appOf(run),
        name: run.name,
        actor: sender.login,
        actor_is_bot: sender.isBot,
        reported_at: at,
      },
    ],
  }
}
