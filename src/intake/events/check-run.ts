/** A completed check run is one word about one run of one job at one head SHA. */
import { z } from 'zod'
import type { Facts, Mention } from '../../domain/facts.ts'
import { OWN_CHECK_RUN } from '../../domain/own-check-run.ts'
import { ACTIONS_APP, isQueueBranch } from '../../domain/run.ts'
import { author, envelope, id, number, optional, repositoryFact, sha, text, time, word } from './payload.ts'

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

/** Facts of a `check_run` payload; none for a run that is not finished, or that this app made. */
export function checkRun(payload: unknown): Facts {
  const told = schema.parse(payload)
  const run = told.check_run
  if (run.external_id?.startsWith(OWN_CHECK_RUN)) return {}
  if (told.action === 'rerequested') return rerequest(told)
  // `created` may come already completed; `requested_action` repeats an old result.
  if (told.action !== 'completed' && told.action !== 'created') return {}
  if (run.status !== 'completed' || !run.conclusion) return {}
  const completedAt = run.completed_at ?? run.check_suite?.updated_at ?? run.started_at
  if (!completedAt)
    throw new z.ZodError([
      {
        code: 'custom',
        path: ['check_run', 'completed_at'],
        message: 'is missing on a completed check run',
        input: null,
      },
    ])
  const branch = run.check_suite?.head_branch ?? null
  return {
    repository: [repositoryFact(told, completedAt)],
    observation: [
      {
        repository_id: told.repository.id,
        head_sha: run.head_sha,
        run_key: runKey(run.id, completedAt),
        reported_at: run.check_suite?.updated_at ?? completedAt,
        reported_id: 0,
        state: run.conclusion,
        source: 'check_run',
        app: appOf(run),
        name: run.name,
        description: run.output?.title ?? null,
        url: run.html_url ?? run.details_url ?? null,
        suite_id: run.check_suite?.id ?? null,
        head_branch: branch,
        trunk: isTrunkBranch(branch, told.repository.default_branch),
        mentions: mentions(told),
        started_at: run.started_at,
        completed_at: completedAt,
      },
    ],
  }
}

/** The app is missing in old payloads and where it was deleted; its suite and the address of its page tell of it too. */
function appOf({ app, check_suite, details_url, html_url }: Payload['check_run']): string {
  const told = app?.slug ?? check_suite?.app?.slug
  if (told) return told
  return /\/actions\/runs\/\d+/.test(details_url ?? html_url ?? '') ? ACTIONS_APP : ''
}

/** An app outside Actions may run again under the same id, so the time of completion is part of the identity. */
export function runKey(checkRunId: number, completedAt: string): string {
  return `check:${checkRunId}:${Date.parse(completedAt) / 1000}`
}

/** The default branch, or the branch of a merge queue. */
export function isTrunkBranch(branch: string | null, defaultBranch: string | null | undefined): boolean {
  if (branch === null) return false
  return branch === defaultBranch || isQueueBranch(branch)
}

/** The list can hold pull requests of other repositories that have the same commit: those are not ours. */
function mentions({ check_run, repository }: Payload): Mention[] {
  return (check_run.pull_requests ?? [])
    .filter(({ base }) => !base?.repo || base.repo.id === repository.id)
    .map(({ number, base }) => ({ number, base_ref: base?.ref ?? null, base_sha: base?.sha ?? null }))
}

/** Carries the old conclusion: it is a request to run again, made some time after that. */
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
